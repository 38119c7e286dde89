/**
 * What the state engine asks of whoever turns its two tapes into bytes: the core does it in linear memory (`assembly/snapshot/wire.ts`).
 *
 * A saved graph is two tapes, written front to back and read in the same order: integers (object numbers, lengths,
 * fields) and raw bytes (strings, buffers, floating-point numbers).
 */
export interface Tapes {
  /** Integers with |v| ≤ 2^53. */
  readonly ints: Float64Array;
  readonly bytes: Uint8Array;
}

export interface WirePort {
  /** Encodes both tapes as one self-checking stream; equal tapes give equal bytes. The result belongs to the caller. */
  encodeTapes(tapes: Tapes): Uint8Array;

  /**
   * Decodes a stream of `encodeTapes`.
   *
   * @errors ImageError 'state stream' when it is damaged, cut off, or decodes to more than `limitBytes`
   */
  decodeTapes(stream: Uint8Array, limitBytes: number): Tapes;
}

/** What a walk over a graph needs from outside. */
export interface WalkContext {
  /** Called for every page-frame number met, in walk order (never for 0); answers the number that stands for it in the image, 1 or more. */
  saveFrame(frame: number): number;
}

/** What a save needs from outside. */
export interface SaveContext extends WalkContext {
  readonly wire: WirePort;
}

/** What a load needs from outside. */
export interface LoadContext {
  readonly wire: WirePort;
  /** The frame for an image frame number (1 or more). @errors ImageError when the image has no such frame */
  loadFrame(imageFrame: number): number;
  /**
   * The outside thing for an edge, bound anew: called once an edge, after all fields are filled and before anything is derived.
   *
   * @param port  the name in the schema, e.g. `console`
   * @param key   what `edge`'s key function answered at save
   * @param self  the object that holds the edge
   */
  bindEdge(port: string, key: string, self: object): unknown;
}
