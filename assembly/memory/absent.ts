/**
 * Frames without their content: a restore hands them out, and each is given its content when it is looked at first, whoever
 * looks. References, mappings and epochs know no difference, and to be filled is no change.
 *
 * Whoever reads or changes bytes of a frame asks `contentAddress` before. That is so on slow paths only: what is in a TLB or
 * was decoded to a trace has been looked at.
 */
import { FILL_BUFFER, FRAME_SOURCE } from '../layout';
import { pageAddress } from './pool';

/** Puts the content of `frame` into its page. Memory does not grow in it. */
@external("env", "fillFrame")
declare function fillFrame(frame: u32, source: u32): void;

/** Where the content of `frame` comes from, 0 when the frame has it. */
@inline
export function frameSource(frame: u32): u32 {
  return load<u32>(<usize>frame << 2, FRAME_SOURCE);
}

export function setFrameSource(frame: u32, source: u32): void {
  store<u32>(<usize>frame << 2, source, FRAME_SOURCE);
}

/** Linear address of the content of `frame`, which is there from now on. */
export function contentAddress(frame: u32): usize {
  const source = frameSource(frame);
  if (source != 0) {
    fillFrame(frame, source);
    setFrameSource(frame, 0);
  }
  return pageAddress(frame);
}

/** Linear address of two pages for who fills frames. */
export function fillBuffer(): usize {
  return FILL_BUFFER;
}
