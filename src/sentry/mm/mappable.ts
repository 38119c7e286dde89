/** What mmap needs of a file: its pages as core frames. */
export interface Mappable {
  /**
   * The frame that holds page `pageIndex` of the file, loaded if it was not. The cache keeps its own reference.
   * @returns 0 when the page lies wholly beyond the end of the file (the access is SIGBUS)
   * @errors ENOMEM when no frame is left; EIO when the host cannot read it
   */
  frameFor(pageIndex: number, forWrite: boolean): number;
  /** The frame of page `pageIndex` if the cache has it now, else 0. Loads nothing. */
  cachedFrame(pageIndex: number): number;
  /**
   * A mapping of the file came to be; it holds the inode until `unmapped`.
   *
   * @param mayStore  whether stores through it can reach the file (shared, and not held to reading): the file system then
   *                  takes every page it gives out for changed. The same value is given to `unmapped`.
   */
  mapped(mayStore: boolean): void;
  unmapped(mayStore: boolean): void;
}

/** Told by a file system when pages of a mapped file are gone: their PTEs are dropped everywhere. */
export interface MappingInvalidator {
  dropMappings(mappable: Mappable, firstPage: number): void;
}
