/**
 * Which traces were decoded from which frame, so that a write to the frame can drop them.
 *
 * A trace is known by the guest address and the frame of its first instruction; address spaces that map the same frame at
 * the same address share it. Its header, followed by its slots:
 *
 *    0          8       12      16        20       24       32
 *    ├──────────┼───────┼───────┼─────────┼────────┼────────┤
 *    │ va       │ frame │ chain │ sibling │ length │ unused │
 *    └──────────┴───────┴───────┴─────────┴────────┴────────┘
 *
 * `chain` is the next trace of the same hash, `sibling` the next of the same frame. `length` counts instructions.
 */
import { FRAME_NUMBERS, FRAME_TRACES, TRACE_HASH, TRACE_HASH_ENTRIES } from '../layout';
import { flushJumps, flushWrites, noteCodeChange } from './tlb';

export const TRACE_VA: usize = 0;
export const TRACE_FRAME: usize = 8;
export const TRACE_CHAIN: usize = 12;
export const TRACE_SIBLING: usize = 16;
export const TRACE_LENGTH: usize = 20;
export const TRACE_HEADER_BYTES: usize = 32;

@inline
function bucketOf(va: u64, frame: u32): usize {
  const mixed = (<u32>(va >> 1) ^ (frame * 0x9e37_79b1)) * 0x85eb_ca6b;
  return TRACE_HASH + ((<usize>mixed >> 16) & (TRACE_HASH_ENTRIES - 1)) * 4;
}

/** The trace that begins at `va` in `frame`, 0 when it is not decoded. */
export function findTrace(va: u64, frame: u32): usize {
  let trace: usize = load<u32>(bucketOf(va, frame));
  while (trace != 0) {
    if (load<u64>(trace, TRACE_VA) == va && load<u32>(trace, TRACE_FRAME) == frame) return trace;
    trace = load<u32>(trace, TRACE_CHAIN);
  }
  return 0;
}

/** Makes a decoded trace known under the `va` and `frame` of its header. */
export function addTrace(trace: usize): void {
  const frame = load<u32>(trace, TRACE_FRAME);
  const bucket = bucketOf(load<u64>(trace, TRACE_VA), frame);
  store<u32>(trace, load<u32>(bucket), TRACE_CHAIN);
  store<u32>(bucket, <u32>trace);

  const list = FRAME_TRACES + <usize>frame * 4;
  const first = load<u32>(list);
  store<u32>(trace, first, TRACE_SIBLING);
  store<u32>(list, <u32>trace);
  // from now on a store to the frame has to be seen
  if (first == 0) flushWrites();
}

@inline
export function hasCode(frame: u32): bool {
  return load<u32>(<usize>frame << 2, FRAME_TRACES) != 0;
}

function unchain(trace: usize): void {
  let link = bucketOf(load<u64>(trace, TRACE_VA), load<u32>(trace, TRACE_FRAME));
  while (load<u32>(link) != <u32>trace) link = <usize>load<u32>(link) + TRACE_CHAIN;
  store<u32>(link, load<u32>(trace, TRACE_CHAIN));
}

/** Drops the traces decoded from `frame`: its bytes change, or it is freed. */
export function dropCode(frame: u32): void {
  const list = FRAME_TRACES + <usize>frame * 4;
  let trace: usize = load<u32>(list);
  if (trace == 0) return;
  store<u32>(list, 0);
  while (trace != 0) {
    unchain(trace);
    trace = load<u32>(trace, TRACE_SIBLING);
  }
  noteCodeChange();
  flushJumps();
}

/** Drops every trace. */
export function dropAllCode(): void {
  memory.fill(TRACE_HASH, 0, TRACE_HASH_ENTRIES * 4);
  memory.fill(FRAME_TRACES, 0, FRAME_NUMBERS * 4);
  noteCodeChange();
  flushJumps();
}
