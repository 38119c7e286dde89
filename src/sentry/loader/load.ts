import { ENOEXEC, ENOMEM } from '../../abi/errno.ts';
import { PAGE_BYTES, PROT_EXEC, PROT_READ, PROT_WRITE, TASK_SIZE } from '../../abi/mman.ts';
import type { ByteString } from '../../base/bytes.ts';
import { byteStringOf } from '../../base/bytes.ts';
import { SysError } from '../../base/errors.ts';
import type { AddressSpace } from '../mm/address-space.ts';
import { KernelBuffer } from '../mm/io-buffer.ts';
import type { Caller } from '../vfs/caller.ts';
import type { FileDescription } from '../vfs/file-description.ts';
import { checkInterpreter, parseElf } from './elf.ts';
import type { ElfImage, ElfSegment, ReadFile } from './elf.ts';
import { buildStack } from './stack.ts';
import { VDSO_CODE } from './vdso.ts';

/** Where position-independent programs begin: two thirds up, as Linux has it (ELF_ET_DYN_BASE). */
const DYNAMIC_BASE = 0x2a_aaaa_a000;
/** Top of the stack. No randomization: one image runs the same way twice, and its decoded code is shared. */
const STACK_TOP = TASK_SIZE - PAGE_BYTES;
/** Mapped at start; it grows on demand to RLIMIT_STACK. */
const STACK_INITIAL_BYTES = 33 * PAGE_BYTES;
/** Room kept between the stack's limit and the mappings below. */
const STACK_GAP_BYTES = 1 << 20;
/** The stack's share of the address space is at most this. */
const MAX_STACK_GAP_BYTES = Math.floor(TASK_SIZE / 6) * 5;

/** What a new program is given. */
export interface ProgramStart {
  readonly argv: readonly ByteString[];
  readonly environment: readonly ByteString[];
  /** Path as given to execve: AT_EXECFN. */
  readonly path: ByteString;
  readonly uid: number;
  readonly euid: number;
  readonly gid: number;
  readonly egid: number;
  readonly isSecure: boolean;
  readonly random: Uint8Array;
  readonly stackLimitBytes: number;
  readonly sizeLimitBytes: number;
  readonly caller: Caller;
}

/** A program loaded and ready: where it starts, and its stack pointer. */
export interface LoadedProgram {
  readonly mm: AddressSpace;
  readonly entry: number;
  readonly stackPointer: number;
}

/** Reads of an open file, for headers. */
export function readerOf(file: FileDescription, caller: Caller): ReadFile {
  return (offset, countBytes) => {
    const buffer = new KernelBuffer(new Uint8Array(countBytes));
    while (buffer.remainingBytes > 0) {
      const count = file.readAt(buffer, offset + buffer.position, caller);
      if (count <= 0) break;
    }
    return buffer.bytes.subarray(0, buffer.position);
  };
}

/** The path of the interpreter that a program names, or null. @errors ENOEXEC */
export function interpreterPath(image: ElfImage, read: ReadFile): ByteString | null {
  if (image.interpreter === null) return null;
  const { offset, sizeBytes } = image.interpreter;
  if (sizeBytes < 2 || sizeBytes > 4096) throw new SysError(ENOEXEC, 'elf: bad length of the interpreter name');
  const bytes = read(offset, sizeBytes);
  if (bytes.length < sizeBytes || bytes[sizeBytes - 1] !== 0) throw new SysError(ENOEXEC, 'elf: the interpreter name does not end');
  return byteStringOf(bytes, 0, bytes.indexOf(0));
}

/**
 * Builds the address space of a new program: segments, heap, vDSO, stack.
 *
 * @param program      open for execution; the address space takes a reference
 * @param interpreter  the dynamic loader, or null
 * @errors ENOEXEC ELIBBAD damaged files; ENOMEM no room; E2BIG arguments too long. Nothing is left behind on error
 */
export function loadProgram(
  mm: AddressSpace,
  program: FileDescription,
  image: ElfImage,
  interpreter: FileDescription | null,
  start: ProgramStart,
): LoadedProgram {
  mm.setExecutable(program);
  mm.stackLimitBytes = start.stackLimitBytes;
  mm.sizeLimitBytes = start.sizeLimitBytes;
  mm.mmapTop = mmapTopFor(start.stackLimitBytes);
  const bias = image.isDynamic ? dynamicBias(image) : 0;
  const main = mapImage(mm, program, image, bias);
  mm.codeStart = main.codeStart;
  mm.codeEnd = main.codeEnd;
  mm.dataStart = main.dataStart;
  mm.dataEnd = main.dataEnd;
  mm.brkStart = mm.brk = Math.ceil(main.end / PAGE_BYTES) * PAGE_BYTES;

  let entry = image.entry + bias;
  let interpreterBase = 0;
  if (interpreter !== null) {
    const loader = parseElf(readerOf(interpreter, start.caller));
    checkInterpreter(loader);
    interpreterBase = loaderBias(mm, loader);
    mapImage(mm, interpreter, loader, interpreterBase);
    entry = loader.entry + interpreterBase;
  }
  mapVdso(mm);
  mapStack(mm, image.hasExecutableStack);
  const headersAddress = programHeadersAddress(image, bias);
  const stackPointer = buildStack(mm, STACK_TOP, { ...start, entry: image.entry + bias, headersAddress, headerCount: image.programHeaderCount, interpreterBase });
  return { mm, entry, stackPointer };
}

/** Highest address for mmap: below the stack at its largest. */
function mmapTopFor(stackLimitBytes: number): number {
  const gap = Math.min(Math.max(stackLimitBytes, 128 << 20), MAX_STACK_GAP_BYTES);
  return STACK_TOP - Math.ceil(gap / PAGE_BYTES) * PAGE_BYTES - STACK_GAP_BYTES;
}

/** What is added to the addresses of a position-independent program. */
function dynamicBias(image: ElfImage): number {
  const first = image.segments[0]!;
  return DYNAMIC_BASE - Math.floor(first.address / PAGE_BYTES) * PAGE_BYTES;
}

function loaderBias(mm: AddressSpace, image: ElfImage): number {
  const first = Math.floor(image.segments[0]!.address / PAGE_BYTES) * PAGE_BYTES;
  const last = image.segments[image.segments.length - 1]!;
  const size = Math.ceil((last.address + last.memoryBytes - first) / PAGE_BYTES) * PAGE_BYTES;
  return mm.findGap(size, 0) - first;
}

interface MappedImage {
  codeStart: number;
  codeEnd: number;
  dataStart: number;
  dataEnd: number;
  end: number;
}

function mapImage(mm: AddressSpace, file: FileDescription, image: ElfImage, bias: number): MappedImage {
  const mapped: MappedImage = { codeStart: 0, codeEnd: 0, dataStart: 0, dataEnd: 0, end: 0 };
  for (const segment of image.segments) {
    mapSegment(mm, file, segment, bias);
    const start = segment.address + bias;
    const fileEnd = start + segment.fileBytes;
    if ((segment.flags & 1) !== 0 && mapped.codeStart === 0) {
      mapped.codeStart = start;
      mapped.codeEnd = fileEnd;
    }
    mapped.dataStart = start;
    mapped.dataEnd = fileEnd;
    mapped.end = start + segment.memoryBytes;
  }
  return mapped;
}

function protectionOf(flags: number): number {
  return ((flags & 4) !== 0 ? PROT_READ : 0) | ((flags & 2) !== 0 ? PROT_WRITE : 0) | ((flags & 1) !== 0 ? PROT_EXEC : 0);
}

function mapSegment(mm: AddressSpace, file: FileDescription, segment: ElfSegment, bias: number): void {
  const start = segment.address + bias;
  const pageStart = Math.floor(start / PAGE_BYTES) * PAGE_BYTES;
  const fileEnd = start + segment.fileBytes;
  const filePagesEnd = Math.ceil(fileEnd / PAGE_BYTES) * PAGE_BYTES;
  const memoryEnd = Math.ceil((start + segment.memoryBytes) / PAGE_BYTES) * PAGE_BYTES;
  const protection = protectionOf(segment.flags);
  if (mm.overlaps(pageStart, memoryEnd)) throw new SysError(ENOMEM, 'elf: segments share a page');
  let anonymousStart = pageStart;
  if (segment.fileBytes > 0) {
    const mappable = file.mappable();
    if (mappable === null) throw new SysError(ENOEXEC, 'elf: the file cannot be mapped');
    mm.insert({
      start: pageStart,
      lengthBytes: filePagesEnd - pageStart,
      protection,
      isShared: false,
      mappable,
      file,
      offsetPages: Math.floor(segment.offset / PAGE_BYTES),
    });
    anonymousStart = filePagesEnd;
    if (segment.memoryBytes > segment.fileBytes && fileEnd < filePagesEnd && (protection & PROT_WRITE) !== 0) {
      mm.zero(fileEnd, filePagesEnd - fileEnd);
    }
  }
  if (memoryEnd > anonymousStart) {
    mm.insert({ start: anonymousStart, lengthBytes: memoryEnd - anonymousStart, protection, isShared: false, mappable: null, file: null, offsetPages: 0 });
  }
}

function programHeadersAddress(image: ElfImage, bias: number): number {
  const at = image.programHeadersOffset;
  for (const segment of image.segments) {
    if (at >= segment.offset && at < segment.offset + segment.fileBytes) return at - segment.offset + segment.address + bias;
  }
  return 0;
}

function mapVdso(mm: AddressSpace): void {
  const start = mm.findGap(PAGE_BYTES, 0);
  mm.insert({ start, lengthBytes: PAGE_BYTES, protection: PROT_READ | PROT_WRITE, isShared: false, mappable: null, file: null, offsetPages: 0, name: '[vdso]' });
  mm.writeBytes(start, VDSO_CODE);
  mm.protect(start, start + PAGE_BYTES, PROT_READ | PROT_EXEC);
  mm.vdsoStart = start;
}

function mapStack(mm: AddressSpace, isExecutable: boolean): void {
  mm.insert({
    start: STACK_TOP - STACK_INITIAL_BYTES,
    lengthBytes: STACK_INITIAL_BYTES,
    protection: PROT_READ | PROT_WRITE | (isExecutable ? PROT_EXEC : 0),
    isShared: false,
    growsDown: true,
    mappable: null,
    file: null,
    offsetPages: 0,
    name: '[stack]',
  });
}
