import { big, bool, defineState, list, u32 } from '../../state/index.ts';

/** capabilities(7) that the kernel asks for, as bit numbers. */
export const CAP_CHOWN = 0;
export const CAP_DAC_OVERRIDE = 1;
export const CAP_DAC_READ_SEARCH = 2;
export const CAP_FOWNER = 3;
export const CAP_FSETID = 4;
export const CAP_KILL = 5;
export const CAP_SETGID = 6;
export const CAP_SETUID = 7;
export const CAP_SETPCAP = 8;
export const CAP_NET_BIND_SERVICE = 10;
export const CAP_NET_ADMIN = 12;
export const CAP_NET_RAW = 13;
export const CAP_IPC_LOCK = 14;
export const CAP_SYS_CHROOT = 18;
export const CAP_SYS_PTRACE = 19;
export const CAP_SYS_ADMIN = 21;
export const CAP_SYS_NICE = 23;
export const CAP_SYS_RESOURCE = 24;
export const CAP_SYS_TIME = 25;
export const CAP_SYS_TTY_CONFIG = 26;
export const CAP_MKNOD = 27;
export const CAP_LAST = 40;
export const ALL_CAPABILITIES = (1n << BigInt(CAP_LAST + 1)) - 1n;

/** Who a task is: credentials(7). Copied whole at clone and replaced, never shared, at a change. */
export class Credentials {
  uid = 0;
  euid = 0;
  suid = 0;
  fsuid = 0;
  gid = 0;
  egid = 0;
  sgid = 0;
  fsgid = 0;
  /** Supplementary groups. */
  groups: number[] = [];
  permitted = ALL_CAPABILITIES;
  effective = ALL_CAPABILITIES;
  inheritable = 0n;
  bounding = ALL_CAPABILITIES;
  ambient = 0n;
  secureBits = 0;
  hasNoNewPrivs = false;

  has(capability: number): boolean {
    return ((this.effective >> BigInt(capability)) & 1n) !== 0n;
  }

  inGroup(gid: number): boolean {
    return this.fsgid === gid || this.groups.includes(gid);
  }

  copy(): Credentials {
    const copy = new Credentials();
    Object.assign(copy, this);
    copy.groups = [...this.groups];
    return copy;
  }
}

defineState(Credentials, 'Credentials', 1, {
  uid: u32, euid: u32, suid: u32, fsuid: u32, gid: u32, egid: u32, sgid: u32, fsgid: u32,
  groups: list(u32),
  permitted: big, effective: big, inheritable: big, bounding: big, ambient: big,
  secureBits: u32,
  hasNoNewPrivs: bool,
});
