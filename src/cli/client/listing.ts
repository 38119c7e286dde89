import type { ContainerStatus } from '../../container/container.ts';
import type { ContainerFacts, RootDirectory } from '../root-directory.ts';
import { requireFacts, tryConnect } from './connect.ts';

/** The state of a container, in the names of the OCI runtime specification. */
export interface OciState {
  readonly ociVersion: string;
  readonly id: string;
  readonly status: ContainerStatus;
  /** Of the process that owns the machine; 0 when it has stopped. */
  readonly pid: number;
  readonly bundle: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** A line of `stasis list`. */
interface ListRow extends OciState {
  /** RFC 3339. */
  readonly created: string;
  readonly owner: string;
}

const OCI_VERSION = '1.2.0';
const COLUMNS = ['ID', 'PID', 'STATUS', 'BUNDLE', 'CREATED', 'OWNER'];
/** runsc's tab writer: cells at least 12 wide, 3 blanks between. */
const MIN_WIDTH = 12;
const PADDING = 3;
/** How long an owner is waited for. */
const PATIENCE_MS = 5_000;

/** A container whose owner has died is stopped, as runsc has it. @errors CliError there is none */
export async function stateOf(root: RootDirectory, id: string): Promise<OciState> {
  return ociState(requireFacts(root, id), await statusOf(root, id));
}

async function statusOf(root: RootDirectory, id: string): Promise<ContainerStatus> {
  const peer = await tryConnect(root, id);
  if (peer === null) return 'stopped';
  peer.listen();
  const { status } = await peer.ask('state', null);
  void peer.end();
  return status;
}

function ociState({ id, ownerPid, bundle, annotations }: ContainerFacts, status: ContainerStatus): OciState {
  const state = { ociVersion: OCI_VERSION, id, status, pid: status === 'stopped' ? 0 : ownerPid, bundle };
  return Object.keys(annotations).length === 0 ? state : { ...state, annotations };
}

/** All containers; one whose owner does not answer is told as it was last known to be, creating. */
export async function listContainers(root: RootDirectory): Promise<ListRow[]> {
  const rows = await Promise.all(root.ids().map(async (id): Promise<ListRow | null> => {
    const facts = root.facts(id);
    if (facts === null) return null; // deleted meanwhile
    const impatience = new Promise<ContainerStatus>((resolve) => setTimeout(() => resolve('creating'), PATIENCE_MS).unref());
    const status = await Promise.race([statusOf(root, id).catch((): ContainerStatus => 'stopped'), impatience]);
    return { ...ociState(facts, status), created: new Date(facts.createdMs).toISOString(), owner: facts.user };
  }));
  return rows.filter((row) => row !== null);
}

/** The table that `runsc list` prints, a line each. */
export function formatList(rows: readonly ListRow[]): string {
  const lines = [COLUMNS, ...rows.map((row) => [row.id, String(row.pid), row.status, row.bundle, row.created, row.owner])];
  const widths = COLUMNS.map((_, column) => Math.max(MIN_WIDTH, ...lines.map((line) => line[column]!.length + PADDING)));
  return lines.map((line) => `${line.map((cell, column) => (column === COLUMNS.length - 1 ? cell : cell.padEnd(widths[column]!))).join('')}\n`).join('');
}
