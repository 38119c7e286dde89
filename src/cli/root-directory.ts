import { existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { CliError } from './failure.ts';

/** What is written down of a container beside its owner's socket. */
export interface ContainerFacts {
  readonly id: string;
  /** Of the process that owns the machine. */
  readonly ownerPid: number;
  /** Of the command that owns it: others speak another language. */
  readonly version: string;
  readonly bundle: string;
  readonly createdMs: number;
  readonly user: string;
  readonly annotations: Readonly<Record<string, string>>;
}

/** runsc's ids. */
const ID = /^[\w+.-]+$/;
const ID_LIMIT = 64;
const SOCKET = 'socket';
const FACTS = 'container.json';
/** Before the name of a directory that is being made; no id begins so. */
const UNFINISHED = '~new-';
/** What a socket's address can be: sun_path without its last byte, of the shortest that systems have. */
const SOCKET_PATH_BYTES = 103;

/** Where containers are kept when `--root` does not say: a directory of this user's alone. */
export function defaultRoot(): string {
  const runtime = process.env['XDG_RUNTIME_DIR'];
  return runtime !== undefined && isAbsolute(runtime) ? join(runtime, 'stasis') : join(tmpdir(), `stasis-${userInfo().uid}`);
}

/** @errors CliError */
export function requireId(id: string): string {
  if (!ID.test(id) || id === '.' || id === '..' || id.length > ID_LIMIT) {
    throw new CliError(`invalid container id: ${JSON.stringify(shortened(id))}; letters, digits and _ + . - are possible, at most ${ID_LIMIT}`);
  }
  return id;
}

/** Of what is too long to be an id, as much as tells it from others. */
function shortened(id: string): string {
  return id.length > ID_LIMIT ? `${id.slice(0, ID_LIMIT)}…` : id;
}

/**
 * The directory below which each container has one of its own, by its id: the socket of its owner, and what was written down
 * of it. A container's directory appears by a rename, with an owner that listens; the owner removes it.
 */
export class RootDirectory {
  readonly path: string;

  /** @errors CliError it belongs to somebody else, is open to others, or cannot be made */
  constructor(path: string) {
    this.path = resolve(path);
    try {
      makeDirectories(this.path);
    } catch (error) {
      throw new CliError(`the directory of containers ${this.path} cannot be made (${codeOf(error)}); --root names another`);
    }
    this.check();
  }

  private check(): void {
    const stats = lstatSync(this.path);
    const uid = process.getuid?.() ?? stats.uid;
    if (!stats.isDirectory()) throw new CliError(`${this.path} is no directory; --root names the one that containers are kept in`);
    if (stats.uid !== uid) throw new CliError(`the directory of containers ${this.path} belongs to user ${stats.uid}, not to you; --root names another`);
    if ((stats.mode & 0o077) !== 0) throw new CliError(`the directory of containers ${this.path} is open to other users; chmod 700 it, or name another by --root`);
  }

  socketPath(id: string): string {
    return join(this.path, requireId(id), SOCKET);
  }

  /** @returns null when there is no container of that id */
  facts(id: string): ContainerFacts | null {
    try {
      return JSON.parse(readFileSync(join(this.path, requireId(id), FACTS), 'utf8')) as ContainerFacts;
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return null;
      throw error instanceof CliError ? error : new CliError(`what is known of container "${id}" cannot be read (${codeOf(error) || 'damaged'})`);
    }
  }

  /** Ids of all containers, those of dead owners too, in the order of their making. */
  ids(): string[] {
    const facts = readdirSync(this.path).filter((name) => ID.test(name)).flatMap((id) => this.facts(id) ?? []);
    return facts.sort((a, b) => a.createdMs - b.createdMs).map(({ id }) => id);
  }

  /**
   * Makes the directory of a container, with a socket that `listen` has opened by then.
   * @errors CliError the id is taken; whatever `listen` throws
   */
  async claim(facts: ContainerFacts, listen: (socketPath: string) => Promise<void>): Promise<void> {
    this.sweep();
    const place = join(this.path, requireId(facts.id));
    const unfinished = mkdtempSync(join(this.path, `${UNFINISHED}${process.pid}-`));
    try {
      for (const path of [join(unfinished, SOCKET), join(place, SOCKET)]) {
        if (Buffer.byteLength(path) > SOCKET_PATH_BYTES) throw new CliError(`the directory of containers ${this.path} has too long a path for sockets; --root names another`);
      }
      await listen(join(unfinished, SOCKET));
      writeFileSync(join(unfinished, FACTS), JSON.stringify(facts), { flush: true });
      renameSync(unfinished, place);
    } catch (error) {
      rmSync(unfinished, { recursive: true, force: true });
      if (codeOf(error) === 'ENOTEMPTY' || codeOf(error) === 'EEXIST') throw new CliError(`container with id "${facts.id}" already exists`);
      if (codeOf(error) !== '') throw new CliError(`container "${facts.id}" cannot be entered in ${this.path} (${codeOf(error)})`);
      throw error;
    }
  }

  remove(id: string): void {
    // By another name first: nobody must find half of it.
    const gone = join(this.path, `${UNFINISHED}${process.pid}-gone-${id}`);
    try {
      renameSync(join(this.path, requireId(id)), gone);
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error;
    }
    rmSync(gone, { recursive: true, force: true });
  }

  /** Removes what owners that died on the way have left. */
  private sweep(): void {
    for (const name of readdirSync(this.path)) {
      const pid = Number(/^~new-(\d+)-/.exec(name)?.[1] ?? 0);
      if (pid > 0 && !isAlive(pid)) rmSync(join(this.path, name), { recursive: true, force: true });
    }
  }
}

/** One directory after the other: Node's way to make them all tries for ever where a file system has them but refuses more, as /proc. */
function makeDirectories(path: string): void {
  if (existsSync(path)) return;
  if (dirname(path) !== path) makeDirectories(dirname(path));
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error; // somebody else has made it meanwhile
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}

export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}
