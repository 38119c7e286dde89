/**
 * An open file as a mapping keeps it: held while mapped, and, for a program that runs, kept from writers.
 * `FileDescription` of the vfs layer is the one implementation; `openFileOf` there gives it back.
 */
export interface MappedFile {
  hold(): void;
  drop(): void;
  readonly inode: {
    /** @errors ETXTBSY somebody has it open for writing */
    denyWrite(): void;
    allowWrite(): void;
  };
}
