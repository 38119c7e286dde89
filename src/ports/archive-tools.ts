/** What reading an image archive takes most time for; a host that has quicker ways than the web's offers them. */
export interface ArchiveTools {
  /** The SHA-256 of `bytes`, in hex. */
  sha256Hex(bytes: Uint8Array): string | Promise<string>;
  /**
   * Unpacks a gzip file into a buffer of its own.
   * @param place  what a message calls it
   * @errors       ImageError when it is damaged, cut off, or unpacks to more than `limitBytes`
   */
  gunzip(bytes: Uint8Array, place: string, limitBytes: number): Uint8Array | Promise<Uint8Array>;
}
