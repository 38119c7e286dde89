import { byteStringFromText } from '../base/bytes.ts';
import { ContainerError } from '../container/errors.ts';
import type { ImageConfig } from '../container/oci/index.ts';
import type { ContainerSpec, ExecSpec } from '../container/spec.ts';
import type { ContainerOptions, ExecOptions } from './api.ts';

const DEFAULT_PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const TERMINAL_TYPE = 'TERM=xterm-256color';

/** How a container is to be: what was asked for, and what the image says where nothing was. @errors ContainerError no command */
export function containerSpec(options: ContainerOptions, config: ImageConfig): ContainerSpec {
  const console = options.console === undefined ? { columns: 80, rows: 24 } : options.console;
  const hasPath = config.env.some((entry) => entry.startsWith('PATH='));
  const argv = options.argv === undefined ? [...config.entrypoint, ...config.cmd] : options.argv.map(byteStringFromText);
  if (argv.length === 0) throw new ContainerError('the image names no command, and none was given');
  return {
    id: options.id ?? 'c1',
    hostname: byteStringFromText(options.hostname ?? 'stasis'),
    argv,
    environment: [...(hasPath ? [] : [DEFAULT_PATH]), ...config.env, ...(console === null ? [] : [TERMINAL_TYPE]), ...(options.env ?? []).map(byteStringFromText)],
    cwd: options.cwd === undefined ? (config.workingDir === '' ? '/' : config.workingDir) : byteStringFromText(options.cwd),
    user: options.user === undefined ? config.user : byteStringFromText(options.user),
    terminal: console,
    annotations: options.annotations ?? {},
    protectsInit: true,
  };
}

export function execSpec(options: ExecOptions): ExecSpec {
  return {
    argv: options.argv.map(byteStringFromText),
    environment: [...(options.terminal === null ? [] : [TERMINAL_TYPE]), ...(options.env ?? []).map(byteStringFromText)],
    cwd: options.cwd === undefined ? null : byteStringFromText(options.cwd),
    user: options.user === undefined ? null : byteStringFromText(options.user),
    terminal: options.terminal,
    isRestorable: options.restorable ?? false,
  };
}
