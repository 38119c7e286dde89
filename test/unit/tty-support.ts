import type { Core } from '../../src/core/core.ts';
import { Credentials } from '../../src/sentry/auth/credentials.ts';
import { KernelBuffer } from '../../src/sentry/mm/io-buffer.ts';
import type { MappingInvalidator } from '../../src/sentry/mm/mappable.ts';
import { AnonFileSystem, AnonInode } from '../../src/sentry/vfs/anon.ts';
import type { Caller, ControllingTty, ProcessGroupView, SessionView, TakenSignal } from '../../src/sentry/vfs/caller.ts';
import type { UserMemory } from '../../src/sentry/vfs/file-description.ts';
import { Vfs } from '../../src/sentry/vfs/vfs.ts';
import { Clock } from '../../src/sentry/wait/clock.ts';
import { WaitQueue } from '../../src/sentry/wait/wait-queue.ts';

/** A vfs over no core: enough for files that hold no frames. */
export function makeVfs(clock = new Clock()): Vfs {
  const invalidator: MappingInvalidator = { dropMappings: () => undefined };
  return new Vfs({} as unknown as Core, clock, invalidator);
}

export function makeInode(mode: number, vfs = makeVfs()): AnonInode {
  return new AnonInode(new AnonFileSystem(vfs), mode);
}

export class FakeSession implements SessionView {
  sid: number;
  tty: ControllingTty | null = null;
  formerForeground: ProcessGroupView | null = null;
  groups = new Map<number, FakeGroup>();
  hangUps = 0;

  constructor(sid: number) {
    this.sid = sid;
  }

  findGroup(pgid: number): FakeGroup | null {
    return this.groups.get(pgid) ?? null;
  }

  hangUpLeader(): void {
    this.hangUps++;
  }
}

export class FakeGroup implements ProcessGroupView {
  pgid: number;
  session: FakeSession;
  isOrphan = false;
  signals: number[] = [];

  constructor(pgid: number, session: FakeSession) {
    this.pgid = pgid;
    this.session = session;
    session.groups.set(pgid, this);
  }

  isOrphaned(): boolean {
    return this.isOrphan;
  }

  sendSignal(signal: number): void {
    this.signals.push(signal);
  }
}

/** A process of its own session and group, unless others are given. */
export class FakeCaller implements Caller {
  credentials = new Credentials();
  pid = 1;
  tid = 1;
  ownSession: FakeSession;
  ownGroup: FakeGroup;
  isLeader = true;
  signalWaiters = new WaitQueue();
  startNs = 0;
  pending: TakenSignal[] = [];
  raised: number[] = [];
  ignored = new Set<number>();

  constructor(session = new FakeSession(1), processGroup = new FakeGroup(1, session)) {
    this.ownSession = session;
    this.ownGroup = processGroup;
  }

  session(): FakeSession {
    return this.ownSession;
  }

  processGroup(): FakeGroup {
    return this.ownGroup;
  }

  isSessionLeader(): boolean {
    return this.isLeader;
  }

  fileSizeLimitBytes(): number {
    return Infinity;
  }

  groupExists(pgid: number): boolean {
    return this.ownSession.groups.has(pgid);
  }

  callStartNs(): number {
    return this.startNs;
  }

  pendingMatching(mask: bigint): boolean {
    return this.pending.some((info) => ((mask >> BigInt(info.signal - 1)) & 1n) !== 0n);
  }

  takePending(mask: bigint): TakenSignal | null {
    const at = this.pending.findIndex((info) => ((mask >> BigInt(info.signal - 1)) & 1n) !== 0n);
    return at < 0 ? null : (this.pending.splice(at, 1)[0] ?? null);
  }

  wouldReceive(signal: number): boolean {
    return !this.ignored.has(signal);
  }

  raise(signal: number): void {
    this.raised.push(signal);
  }
}

/** Guest memory for ioctls: addresses are offsets. */
export class FakeMemory implements UserMemory {
  bytes = new Uint8Array(4096);

  readBytes(address: number, countBytes: number): Uint8Array {
    return this.bytes.slice(address, address + countBytes);
  }

  writeBytes(address: number, bytes: Uint8Array): void {
    this.bytes.set(bytes, address);
  }

  readU32(address: number): number {
    return new DataView(this.bytes.buffer).getUint32(address, true);
  }

  writeU32(address: number, value: number): void {
    new DataView(this.bytes.buffer).setUint32(address, value, true);
  }
}

export function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (c) => c.charCodeAt(0));
}

export function source(text: string): KernelBuffer {
  return new KernelBuffer(ascii(text));
}

/** What `read` puts into a buffer of `sizeBytes`, as text; its result where that is no count. */
export function readText(read: (dst: KernelBuffer) => number, sizeBytes = 4096): string | number {
  const buffer = new KernelBuffer(new Uint8Array(sizeBytes));
  const result = read(buffer);
  return result < 0 ? result : String.fromCharCode(...buffer.bytes.subarray(0, result));
}
