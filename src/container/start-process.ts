import { errnoName } from '../abi/errno.ts';
import type { ByteString } from '../base/bytes.ts';
import { SysError } from '../base/errors.ts';
import { createProcess } from '../sentry/task/create.ts';
import type { Kernel } from '../sentry/task/kernel.ts';
import type { Origin } from '../sentry/task/origin.ts';
import type { ThreadGroup } from '../sentry/task/thread-group.ts';
import type { FileDescription } from '../sentry/vfs/file-description.ts';
import { ContainerError } from './errors.ts';
import { readContainerFile } from './files.ts';
import { credentialsOf, resolveUser } from './users.ts';

const USER_FILE_BYTES = 1 << 20;

/** A process from outside, in the words of a container's spec. */
export interface StartRequest {
  readonly origin: Origin;
  readonly argv: readonly ByteString[];
  readonly environment: readonly ByteString[];
  readonly cwd: ByteString;
  /** `user`, `uid`, `user:group` or `uid:gid`; empty for root. */
  readonly user: ByteString;
  readonly files: readonly { fd: number; file: FileDescription }[];
  readonly isRestorable: boolean;
  /** Whether HOME comes from the user's entry in /etc/passwd where the environment has none. */
  readonly setsHome: boolean;
}

/**
 * Makes the process, ready to run; takes over `files`.
 * @errors ContainerError unknown user, or a program that cannot be run; `files` are closed then
 */
export function startProcess(kernel: Kernel, request: StartRequest): ThreadGroup {
  const { origin, argv, environment, cwd, user, files, isRestorable } = request;
  try {
    const identity = resolveUser(user, readContainerFile(kernel, '/etc/passwd', USER_FILE_BYTES) ?? '', readContainerFile(kernel, '/etc/group', USER_FILE_BYTES) ?? '');
    const keepsHome = !request.setsHome || environment.some((entry) => entry.startsWith('HOME='));
    return createProcess(kernel, {
      origin, argv, cwd, isRestorable,
      environment: keepsHome ? environment : [...environment, `HOME=${identity.home}`],
      credentials: credentialsOf(identity),
      umask: 0o022,
      files,
    });
  } catch (error) {
    for (const { file } of files) {
      file.hold();
      file.drop();
    }
    if (error instanceof SysError) throw new ContainerError(startFailure(argv[0] ?? '', cwd, error));
    throw error;
  }
}

function startFailure(program: ByteString, cwd: ByteString, error: SysError): string {
  const name = errnoName(error.errno);
  return name === 'ENOENT' && error.message.includes('not found in') ? `${program}: ${error.message.replace(`${program}: `, '')}` : `cannot run ${program} in ${cwd}: ${error.message} (${name})`;
}
