import { ELIBBAD, ENOEXEC } from '../../abi/errno.ts';
import { SysError } from '../../base/errors.ts';

/** elf(5): what the loader reads of a header. */
const EM_RISCV = 243;
const ET_EXEC = 2;
const ET_DYN = 3;
const PT_LOAD = 1;
const PT_INTERP = 3;
const PT_GNU_STACK = 0x6474e551;
const HEADER_BYTES = 64;
const PROGRAM_HEADER_BYTES = 56;
/** Linux refuses more than one page of program headers, with 64 KiB as the ELF limit. */
const MAX_PROGRAM_HEADERS = 1170;
/** Highest address or size a header may name: the user half of Sv39. */
const MAX_ADDRESS = 0x40_0000_0000n;

export interface ElfSegment {
  /** PF_X 1, PF_W 2, PF_R 4. */
  readonly flags: number;
  readonly offset: number;
  readonly address: number;
  readonly fileBytes: number;
  readonly memoryBytes: number;
  readonly align: number;
}

export interface ElfImage {
  /** Position-independent: addresses are relative. */
  readonly isDynamic: boolean;
  readonly entry: number;
  readonly programHeadersOffset: number;
  readonly programHeaderCount: number;
  readonly segments: readonly ElfSegment[];
  /** Where the interpreter's path is in the file; null for a static program. */
  readonly interpreter: { readonly offset: number; readonly sizeBytes: number } | null;
  /** PT_GNU_STACK asks for an executable stack, or is missing. */
  readonly hasExecutableStack: boolean;
}

/** Reads up to `countBytes` of the file at `offset`. */
export type ReadFile = (offset: number, countBytes: number) => Uint8Array;

/** Whether `head` begins as an ELF file does. */
export function isElf(head: Uint8Array): boolean {
  return head.length >= 4 && head[0] === 0x7f && head[1] === 0x45 && head[2] === 0x4c && head[3] === 0x46;
}

/**
 * Reads the header and program headers of a riscv64 program.
 * @errors ENOEXEC not an ELF file for riscv64, or one that contradicts itself
 */
export function parseElf(read: ReadFile): ElfImage {
  const header = read(0, HEADER_BYTES);
  if (header.length < HEADER_BYTES || !isElf(header)) throw new SysError(ENOEXEC, 'elf: no ELF header');
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  if (header[4] !== 2 || header[5] !== 1) throw new SysError(ENOEXEC, 'elf: not 64-bit little-endian');
  const type = view.getUint16(16, true);
  const machine = view.getUint16(18, true);
  if (machine !== EM_RISCV) throw new SysError(ENOEXEC, `elf: made for machine ${machine}, not for RISC-V`);
  if (type !== ET_EXEC && type !== ET_DYN) throw new SysError(ENOEXEC, `elf: type ${type} is not a program`);
  const entrySize = view.getUint16(54, true);
  const count = view.getUint16(56, true);
  if (entrySize !== PROGRAM_HEADER_BYTES || count === 0 || count > MAX_PROGRAM_HEADERS) throw new SysError(ENOEXEC, 'elf: bad program headers');
  const offset = address(view, 32);
  const table = read(offset, count * PROGRAM_HEADER_BYTES);
  if (table.length < count * PROGRAM_HEADER_BYTES) throw new SysError(ENOEXEC, 'elf: program headers cut off');
  return readProgramHeaders(new DataView(table.buffer, table.byteOffset, table.byteLength), count, {
    isDynamic: type === ET_DYN,
    entry: address(view, 24),
    programHeadersOffset: offset,
  });
}

function readProgramHeaders(
  view: DataView,
  count: number,
  start: { isDynamic: boolean; entry: number; programHeadersOffset: number },
): ElfImage {
  const segments: ElfSegment[] = [];
  let interpreter: ElfImage['interpreter'] = null;
  let hasExecutableStack = false;
  for (let i = 0; i < count; i++) {
    const at = i * PROGRAM_HEADER_BYTES;
    const type = view.getUint32(at, true);
    const flags = view.getUint32(at + 4, true);
    if (type === PT_GNU_STACK) hasExecutableStack = (flags & 1) !== 0;
    if (type === PT_INTERP && interpreter === null) interpreter = { offset: address(view, at + 8), sizeBytes: address(view, at + 32) };
    if (type !== PT_LOAD) continue;
    const segment: ElfSegment = {
      flags,
      offset: address(view, at + 8),
      address: address(view, at + 16),
      fileBytes: address(view, at + 32),
      memoryBytes: address(view, at + 40),
      align: address(view, at + 48),
    };
    checkSegment(segment, segments[segments.length - 1]);
    if (segment.memoryBytes > 0) segments.push(segment);
  }
  if (segments.length === 0) throw new SysError(ENOEXEC, 'elf: nothing to load');
  return { ...start, programHeaderCount: count, segments, interpreter, hasExecutableStack };
}

function checkSegment(segment: ElfSegment, previous: ElfSegment | undefined): void {
  if (segment.fileBytes > segment.memoryBytes) throw new SysError(ENOEXEC, 'elf: a segment is longer in the file than in memory');
  if (segment.address + segment.memoryBytes > Number(MAX_ADDRESS)) throw new SysError(ENOEXEC, 'elf: a segment beyond user space');
  if (segment.offset % 4096 !== segment.address % 4096) throw new SysError(ENOEXEC, 'elf: a segment is not aligned to its page');
  if (previous !== undefined && segment.address < previous.address + previous.memoryBytes) {
    throw new SysError(ENOEXEC, 'elf: segments overlap or are out of order');
  }
}

function address(view: DataView, at: number): number {
  const value = view.getBigUint64(at, true);
  if (value > MAX_ADDRESS) throw new SysError(ENOEXEC, 'elf: a number beyond user space');
  return Number(value);
}

/** Refuses an interpreter that itself wants one, as Linux does. @errors ELIBBAD */
export function checkInterpreter(image: ElfImage): void {
  if (!image.isDynamic) throw new SysError(ELIBBAD, 'elf: the interpreter is not position-independent');
}
