import type { NodeReport } from '../api/node-report.ts';
import type { MeshRuntime, Topics } from '../ports.ts';

/** What the routes need. */
export interface RouteDependencies {
  readonly runtime: MeshRuntime;
  readonly topics: Topics;
  /** What this process knows of its surroundings. */
  readonly report: () => NodeReport;
}
