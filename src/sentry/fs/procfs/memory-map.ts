/** /proc/PID/maps, smaps, statm and the sizes that status tells. */

import { openFileOf } from '../../vfs/open-file-of.ts';
import { PAGE_BYTES, PROT_EXEC, PROT_READ, PROT_WRITE } from '../../../abi/mman.ts';
import { deviceMajor, deviceMinor } from '../../../abi/stat.ts';
import type { ByteString } from '../../../base/bytes.ts';
import type { AddressSpace } from '../../mm/address-space.ts';
import type { Vma } from '../../mm/vma.ts';
import { describePath } from '../../vfs/path.ts';
import type { Path } from '../../vfs/path.ts';
import { address, kilobytes } from './text.ts';

/** Columns before the name in a line of maps. */
const NAME_COLUMN = 73;

/** What a mapping is called: its file, `[heap]`, `[stack]`, `[vdso]`, or nothing. */
export function nameOfVma(mm: AddressSpace, vma: Vma, root: Path): ByteString {
  if (vma.file !== null) {
    const file = openFileOf(vma.file);
    return (file.path === null ? file.describe() : describePath(file.path, root)).replaceAll('\n', '\\012');
  }
  if (vma.name !== '') return vma.name;
  if (vma.mappable !== null && vma.isShared) return '/dev/zero (deleted)';
  if (vma.start <= mm.brk && vma.end > mm.brkStart && mm.brk > mm.brkStart) return '[heap]';
  if (vma.start <= mm.stackStart && vma.end >= mm.stackStart) return '[stack]';
  return '';
}

function mapLine(mm: AddressSpace, vma: Vma, root: Path): ByteString {
  const { protection } = vma;
  const inode = vma.file === null ? undefined : openFileOf(vma.file).inode;
  const device = inode?.fileSystem.device ?? 0;
  const bits =
    ((protection & PROT_READ) !== 0 ? 'r' : '-') + ((protection & PROT_WRITE) !== 0 ? 'w' : '-') +
    ((protection & PROT_EXEC) !== 0 ? 'x' : '-') + (vma.isShared ? 's' : 'p');
  const offset = vma.file === null ? 0 : vma.offsetPages * PAGE_BYTES;
  const major = deviceMajor(device).toString(16).padStart(2, '0');
  const minor = deviceMinor(device).toString(16).padStart(2, '0');
  const line = `${address(vma.start)}-${address(vma.end)} ${bits} ${address(offset)} ${major}:${minor} ${inode?.ino ?? 0} `;
  const name = nameOfVma(mm, vma, root);
  return name === '' ? `${line}\n` : `${line.padEnd(NAME_COLUMN)}${name}\n`;
}

export function mapsText(mm: AddressSpace, root: Path): ByteString {
  let text = '';
  for (const vma of mm.vmas) text += mapLine(mm, vma, root);
  return text;
}

/** Resident pages of a mapping, by whether they are shared with others. */
interface Residence {
  pages: number;
  shared: number;
}

function residenceOf(mm: AddressSpace, vma: Vma): Residence {
  const { core } = mm;
  const endVpn = vma.end / PAGE_BYTES;
  const result: Residence = { pages: 0, shared: 0 };
  for (let vpn = core.nextMapped(mm.space, vma.start / PAGE_BYTES, endVpn); vpn < endVpn; vpn = core.nextMapped(mm.space, vpn + 1, endVpn)) {
    const frame = core.pte(mm.space, vpn) >>> 12;
    if (frame === mm.zeroFrame) continue;
    result.pages++;
    if (core.frameRefs(frame) > 1) result.shared++;
  }
  return result;
}

function flagNames(vma: Vma): ByteString {
  const { protection } = vma;
  let text = '';
  if ((protection & PROT_READ) !== 0) text += 'rd ';
  if ((protection & PROT_WRITE) !== 0) text += 'wr ';
  if ((protection & PROT_EXEC) !== 0) text += 'ex ';
  if (vma.isShared) text += 'sh ';
  text += 'mr mw me ';
  if (vma.growsDown) text += 'gd ';
  if (vma.isLocked) text += 'lo ';
  if (vma.isDontFork) text += 'dc ';
  return text;
}

/** KiB of one mapping, or of all together, by the names that smaps gives them. */
type Shares = Map<string, number>;

function sharesOf(mm: AddressSpace, vma: Vma): Shares {
  const { pages, shared } = residenceOf(mm, vma);
  const resident = pages * 4;
  const isWritable = (vma.protection & PROT_WRITE) !== 0;
  const privately = (pages - shared) * 4;
  return new Map([
    ['Rss', resident], ['Pss', privately + shared * 2], ['Pss_Dirty', isWritable ? privately : 0],
    ['Shared_Clean', isWritable ? 0 : shared * 4], ['Shared_Dirty', isWritable ? shared * 4 : 0],
    ['Private_Clean', isWritable ? 0 : privately], ['Private_Dirty', isWritable ? privately : 0],
    ['Referenced', resident], ['Anonymous', vma.mappable === null ? resident : 0], ['KSM', 0], ['LazyFree', 0], ['AnonHugePages', 0],
    ['ShmemPmdMapped', 0], ['FilePmdMapped', 0], ['Shared_Hugetlb', 0], ['Private_Hugetlb', 0], ['Swap', 0], ['SwapPss', 0],
    ['Locked', vma.isLocked ? resident : 0],
  ]);
}

function sharesText(shares: Shares): ByteString {
  let text = '';
  for (const [name, value] of shares) text += kilobytes(name, value);
  return text;
}

export function smapsText(mm: AddressSpace, root: Path): ByteString {
  let text = '';
  for (const vma of mm.vmas) {
    text += mapLine(mm, vma, root);
    text += kilobytes('Size', (vma.end - vma.start) / 1024) + kilobytes('KernelPageSize', 4) + kilobytes('MMUPageSize', 4);
    text += `${sharesText(sharesOf(mm, vma))}THPeligible:           0\nVmFlags: ${flagNames(vma)}\n`;
  }
  return text;
}

/** smaps_rollup: the shares of all mappings together. */
export function smapsSum(mm: AddressSpace): ByteString {
  const sum: Shares = new Map();
  for (const vma of mm.vmas) for (const [name, value] of sharesOf(mm, vma)) sum.set(name, (sum.get(name) ?? 0) + value);
  const first = mm.vmas[0]?.start ?? 0;
  const last = mm.vmas.at(-1)?.end ?? 0;
  return `${`${address(first)}-${address(last)} ---p 00000000 00:00 0 `.padEnd(NAME_COLUMN)}[rollup]\n${sharesText(sum)}`;
}

/** Sums over the mappings, in pages. */
export interface MemorySizes {
  total: number;
  resident: number;
  residentFile: number;
  residentShared: number;
  code: number;
  libraries: number;
  data: number;
  stack: number;
  locked: number;
}

export function memorySizes(mm: AddressSpace): MemorySizes {
  const sizes: MemorySizes = { total: 0, resident: 0, residentFile: 0, residentShared: 0, code: 0, libraries: 0, data: 0, stack: 0, locked: 0 };
  sizes.code = Math.ceil(mm.codeEnd / PAGE_BYTES) - Math.floor(mm.codeStart / PAGE_BYTES);
  for (const vma of mm.vmas) {
    const pages = (vma.end - vma.start) / PAGE_BYTES;
    const resident = residenceOf(mm, vma).pages;
    const isWritable = (vma.protection & PROT_WRITE) !== 0;
    sizes.total += pages;
    sizes.resident += resident;
    if (vma.isShared) sizes.residentShared += resident;
    else if (vma.mappable !== null) sizes.residentFile += resident;
    if (vma.growsDown) sizes.stack += pages;
    else if (isWritable && !vma.isShared) sizes.data += pages;
    else if ((vma.protection & PROT_EXEC) !== 0 && !isWritable) sizes.libraries += pages;
    if (vma.isLocked) sizes.locked += pages;
  }
  sizes.libraries = Math.max(0, sizes.libraries - sizes.code);
  return sizes;
}
