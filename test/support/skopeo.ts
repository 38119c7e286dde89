import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { programPath } from '../../scripts/support/tools.mjs';

export const hasSkopeo = programPath('skopeo') !== null;

/** A directory in which skopeo works, gone with `remove`. */
export class SkopeoDirectory {
  private readonly path = mkdtempSync(join(tmpdir(), 'stasis-skopeo-'));

  file(name: string): string {
    return join(this.path, name);
  }

  write(name: string, bytes: Uint8Array): void {
    writeFileSync(this.file(name), bytes);
  }

  read(name: string): Uint8Array {
    return readFileSync(this.file(name));
  }

  /** What skopeo prints, run inside the directory. @errors Error when it fails, with what it says */
  skopeo(...args: string[]): string {
    return this.run('skopeo', ...args);
  }

  /** What skopeo says when it fails; '' when it does not. */
  complaint(...args: string[]): string {
    const run = spawnSync('skopeo', args, { cwd: this.path, encoding: 'utf8' });
    return run.status === 0 ? '' : run.stderr;
  }

  run(program: string, ...args: string[]): string {
    return execFileSync(program, args, { cwd: this.path, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
