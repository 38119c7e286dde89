import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { CliError } from './failure.ts';
import type { VolumeOption } from './option-values.ts';
import { codeOf } from './root-directory.ts';

/** What is taken from config.json of an OCI bundle. Text; paths of the host are absolute. */
export interface Bundle {
  readonly path: string;
  readonly rootfs: string;
  readonly args: readonly string[];
  readonly env: readonly string[];
  readonly cwd: string;
  /** `uid:gid`. */
  readonly user: string;
  readonly terminal: boolean;
  /** Of the terminal; null where it is not said. */
  readonly size: { readonly columns: number; readonly rows: number } | null;
  readonly hostname: string | null;
  readonly annotations: Readonly<Record<string, string>>;
  readonly volumes: readonly VolumeOption[];
  readonly memoryBytes: number | null;
  /** What it asks for that is not done here, by its place in the file. */
  readonly unsupported: readonly string[];
}

/** File systems that every container has anyway, where they are asked for at their usual places. */
const BUILT_IN_MOUNTS: ReadonlySet<string> = new Set(['/proc', '/dev', '/dev/pts', '/dev/shm', '/dev/mqueue', '/sys', '/sys/fs/cgroup', '/tmp', '/run']);
const UNSUPPORTED_PROCESS = ['capabilities', 'rlimits', 'apparmorProfile', 'selinuxLabel', 'oomScoreAdj', 'scheduler', 'ioPriority', 'execCPUAffinity'];
const UNSUPPORTED_LINUX = ['seccomp', 'sysctl', 'uidMappings', 'gidMappings', 'devices', 'intelRdt', 'mountLabel', 'personality'];

type Json = Readonly<Record<string, unknown>>;

/** Reads the bundle in `path`. @errors CliError one sentence that names the field */
export function readBundle(path: string): Bundle {
  const file = join(resolve(path), 'config.json');
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new CliError(`${file} cannot be read (${codeOf(error)}); --bundle names a directory with a config.json of the OCI runtime specification, --image or --rootfs do without one`);
  }
  return new BundleReader(file).read(resolve(path), parse(file, text));
}

function parse(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new CliError(`${file} is no JSON (${error instanceof Error ? error.message : ''})`);
  }
}

class BundleReader {
  private readonly file: string;

  constructor(file: string) {
    this.file = file;
  }

  read(path: string, json: unknown): Bundle {
    const config = this.object('config.json', json);
    const process = this.object('process', config['process']);
    const root = this.object('root', config['root']);
    const linux = this.optionalObject('linux', config['linux']);
    const user = this.optionalObject('process.user', process['user']);
    const args = this.texts('process.args', process['args']);
    if (args.length === 0) this.fail('process.args', 'is empty');
    const cwd = this.text('process.cwd', process['cwd']);
    if (!cwd.startsWith('/')) this.fail('process.cwd', `"${cwd}" is no absolute path`);
    const size = this.optionalObject('process.consoleSize', process['consoleSize']);
    const { volumes, others } = this.mounts(path, config['mounts']);
    const memory = this.optionalObject('linux.resources.memory', this.optionalObject('linux.resources', linux['resources'])['memory'])['limit'];
    return {
      path,
      rootfs: resolve(path, this.text('root.path', root['path'])),
      args,
      env: process['env'] === undefined ? [] : this.texts('process.env', process['env']),
      cwd,
      user: `${this.number('process.user.uid', user['uid'] ?? 0)}:${this.number('process.user.gid', user['gid'] ?? 0)}`,
      terminal: process['terminal'] === true,
      size: Object.keys(size).length === 0 ? null : { columns: this.number('process.consoleSize.width', size['width']), rows: this.number('process.consoleSize.height', size['height']) },
      hostname: config['hostname'] === undefined ? null : this.text('hostname', config['hostname']),
      annotations: this.annotations(config['annotations']),
      volumes,
      memoryBytes: typeof memory === 'number' && memory > 0 ? memory : null,
      unsupported: [
        ...(root['readonly'] === true ? ['root.readonly'] : []),
        ...(user['additionalGids'] === undefined ? [] : ['process.user.additionalGids']),
        ...UNSUPPORTED_PROCESS.filter((name) => name in process).map((name) => `process.${name}`),
        ...others,
        ...UNSUPPORTED_LINUX.filter((name) => name in linux).map((name) => `linux.${name}`),
        ...('hooks' in config ? ['hooks'] : []),
      ],
    };
  }

  /** Bind mounts are volumes; of others, those at the places that a container has anyway are left out in silence. */
  private mounts(path: string, json: unknown): { volumes: VolumeOption[]; others: string[] } {
    const volumes: VolumeOption[] = [];
    const others: string[] = [];
    if (json !== undefined && !Array.isArray(json)) this.fail('mounts', 'is no list');
    for (const [i, item] of ((json ?? []) as unknown[]).entries()) {
      const mount = this.object(`mounts[${i}]`, item);
      const guestPath = this.text(`mounts[${i}].destination`, mount['destination']);
      const options = mount['options'] === undefined ? [] : this.texts(`mounts[${i}].options`, mount['options']);
      if (mount['type'] === 'bind' || options.includes('bind') || options.includes('rbind')) {
        volumes.push({ hostPath: resolve(path, this.text(`mounts[${i}].source`, mount['source'])), guestPath, isReadOnly: options.includes('ro') });
      } else if (!BUILT_IN_MOUNTS.has(guestPath)) {
        others.push(`mounts[${i}] (${String(mount['type'])} at ${guestPath})`);
      }
    }
    return { volumes, others };
  }

  private annotations(json: unknown): Record<string, string> {
    return Object.fromEntries(Object.entries(this.optionalObject('annotations', json)).map(([name, value]) => [name, this.text(`annotations["${name}"]`, value)]));
  }

  private object(name: string, value: unknown): Json {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) this.fail(name, value === undefined ? 'is missing' : 'is no object');
    return value as Json;
  }

  private optionalObject(name: string, value: unknown): Json {
    return value === undefined || value === null ? {} : this.object(name, value);
  }

  private text(name: string, value: unknown): string {
    if (typeof value !== 'string') this.fail(name, value === undefined ? 'is missing' : 'is no string');
    return value as string;
  }

  private texts(name: string, value: unknown): string[] {
    if (!Array.isArray(value) || !value.every((item) => typeof item === 'string')) this.fail(name, value === undefined ? 'is missing' : 'is no list of strings');
    return value as string[];
  }

  private number(name: string, value: unknown): number {
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) this.fail(name, 'is no number');
    return value as number;
  }

  private fail(name: string, what: string): never {
    throw new CliError(`${this.file}: ${name} ${what}`);
  }
}
