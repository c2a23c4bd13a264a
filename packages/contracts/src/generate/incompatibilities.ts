type Node = Readonly<Record<string, unknown>>;

/** What a schema may say without changing which values it accepts. */
const ANNOTATIONS = new Set([
  '$schema',
  '$id',
  'title',
  'description',
  'examples',
  'default',
  'deprecated',
  '$comment',
]);

/**
 * Why the schema `after` cannot take the place of `before` inside one major version; empty when it can.
 *
 * Old events stay in streams and replicas of two versions run side by side, so a change must hold both ways: everything
 * that was valid is valid, and everything that becomes valid is valid for whoever still checks with the old schema.
 * That leaves one change: new optional fields.
 */
export function incompatibilities(before: Node, after: Node, pointer = ''): string[] {
  const found: string[] = [];
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    if (ANNOTATIONS.has(key)) continue;
    const [was, is] = [before[key], after[key]];
    if (key === 'properties') found.push(...propertyChanges(before, after, pointer));
    else if (key === 'required') found.push(...requiredChanges(before, after, pointer));
    else if (isNode(was) && isNode(is)) found.push(...incompatibilities(was, is, `${pointer}/${key}`));
    else if (areNodes(was) && areNodes(is) && was.length === is.length) {
      found.push(...was.flatMap((node, at) => incompatibilities(node, is[at] ?? {}, `${pointer}/${key}/${at}`)));
    } else if (JSON.stringify(was) !== JSON.stringify(is)) {
      found.push(`${pointer}/${key} changes from ${shown(was)} to ${shown(is)}`);
    }
  }
  return found;
}

function propertyChanges(before: Node, after: Node, pointer: string): string[] {
  const was = (before['properties'] ?? {}) as Readonly<Record<string, Node>>;
  const is = (after['properties'] ?? {}) as Readonly<Record<string, Node>>;
  return Object.entries(was).flatMap(([name, schema]) => {
    const next = is[name];
    if (next === undefined) return [`${pointer}/properties/${name} is removed`];
    return incompatibilities(schema, next, `${pointer}/properties/${name}`);
  });
}

function requiredChanges(before: Node, after: Node, pointer: string): string[] {
  const was = new Set((before['required'] ?? []) as readonly string[]);
  const is = new Set((after['required'] ?? []) as readonly string[]);
  return [
    ...[...is].filter((name) => !was.has(name)).map((name) => `${pointer}/properties/${name} becomes required`),
    ...[...was].filter((name) => !is.has(name)).map((name) => `${pointer}/properties/${name} is no longer required`),
  ];
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function areNodes(value: unknown): value is readonly Node[] {
  return Array.isArray(value) && value.every(isNode);
}

function shown(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value);
}
