import type { MeshAdministration } from '../administration-port.ts';
import type { Admissions } from '../api/admissions.ts';
import type { NodeReport } from '../api/node-report.ts';
import type { Seats } from '../api/seats.ts';
import type { MeshRuntime, Topics } from '../ports.ts';

/** What the routes need. */
export interface RouteDependencies {
  readonly runtime: MeshRuntime;
  readonly administration: MeshAdministration;
  readonly topics: Topics;
  /** Those who follow a topic, and those who follow the mesh. */
  readonly subscribers: Seats;
  readonly watchers: Seats;
  /** Of those who are there for longer. */
  readonly admissions: Admissions;
  /** What this process knows of its surroundings. */
  readonly report: () => NodeReport;
}
