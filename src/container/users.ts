import type { ByteString } from '../base/bytes.ts';
import { Credentials } from '../sentry/auth/credentials.ts';
import { ContainerError } from './errors.ts';

/** Who a process runs as, and where its home is. */
export interface Identity {
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
  readonly home: ByteString;
}

interface PasswdEntry {
  readonly name: ByteString;
  readonly uid: number;
  readonly gid: number;
  readonly home: ByteString;
}

interface GroupEntry {
  readonly name: ByteString;
  readonly gid: number;
  readonly members: readonly ByteString[];
}

function fieldsOf(text: ByteString, count: number): ByteString[][] {
  return text
    .split('\n')
    .map((line) => line.split(':'))
    .filter((fields) => fields.length >= count && fields[0] !== '');
}

function parsePasswd(text: ByteString): PasswdEntry[] {
  return fieldsOf(text, 6).map((fields) => ({ name: fields[0]!, uid: Number(fields[2]), gid: Number(fields[3]), home: fields[5]! }));
}

function parseGroup(text: ByteString): GroupEntry[] {
  return fieldsOf(text, 3).map((fields) => ({ name: fields[0]!, gid: Number(fields[2]), members: (fields[3] ?? '').split(',') }));
}

/** An id in digits, or null for a name. */
function idOf(text: ByteString): number | null {
  if (!/^\d+$/.test(text)) return null;
  const id = Number(text);
  if (id > 0xfffffffe) throw new ContainerError(`user ${text}: ids go up to 4294967294`);
  return id;
}

/**
 * The identity that `user` means in a container with these files: `user`, `uid`, `user:group` or `uid:gid`; empty for root.
 *
 * @param passwd  content of the container's /etc/passwd, empty when it has none
 * @errors ContainerError a name that is in neither file
 */
export function resolveUser(user: ByteString, passwd: ByteString, group: ByteString): Identity {
  const [userPart = '', groupPart] = user === '' ? ['0'] : user.split(':');
  const entries = parsePasswd(passwd);
  const id = idOf(userPart);
  const entry = entries.find((candidate) => (id === null ? candidate.name === userPart : candidate.uid === id));
  if (entry === undefined && id === null) throw new ContainerError(`user ${userPart} is not in the container's /etc/passwd`);
  const uid = id ?? entry!.uid;
  const groups = parseGroup(group);
  let gid = entry?.gid ?? 0;
  if (groupPart !== undefined && groupPart !== '') {
    const named = groups.find((candidate) => candidate.name === groupPart);
    const groupId = idOf(groupPart) ?? named?.gid;
    if (groupId === undefined) throw new ContainerError(`group ${groupPart} is not in the container's /etc/group`);
    gid = groupId;
  }
  const supplementary = entry === undefined ? [] : groups.filter(({ members }) => members.includes(entry.name)).map((member) => member.gid);
  return { uid, gid, groups: supplementary, home: entry?.home === undefined || entry.home === '' ? '/' : entry.home };
}

/** Credentials of a process started from outside: all capabilities for root, none for others. */
export function credentialsOf(identity: Identity): Credentials {
  const credentials = new Credentials();
  const { uid, gid } = identity;
  credentials.uid = credentials.euid = credentials.suid = credentials.fsuid = uid;
  credentials.gid = credentials.egid = credentials.sgid = credentials.fsgid = gid;
  credentials.groups = [...identity.groups];
  if (uid !== 0) credentials.permitted = credentials.effective = 0n;
  return credentials;
}
