/** Below this, numbers are zero to PostgreSQL's `real`, which refuses them rather than rounding. */
const SMALLEST = 1e-37;

/** A confidence as it can be stored. */
export function storedConfidence(confidence: number): number {
  return confidence < SMALLEST ? 0 : confidence;
}
