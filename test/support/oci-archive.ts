import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { EMPTY, writeTar } from '../../src/container/oci/tar-writer.ts';
import type { TarEntry } from '../../src/container/oci/tar.ts';

/** A tar entry with what matters for a test; the rest is root's, plain and empty. */
export function entry(name: string, given: Partial<TarEntry> = {}): TarEntry {
  return { ...EMPTY, name, ...given };
}

export function textEntry(name: string, text: string): TarEntry {
  return entry(name, { data: new TextEncoder().encode(text) });
}

export function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

export function json(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

/** What a test bends before the archive is put together. */
export interface ArchiveChanges {
  platform?: Record<string, string>;
  config?: Record<string, unknown>;
  layerDescriptor?: Record<string, unknown>;
  diffIds?: string[];
  packedLayer?: (layer: Uint8Array) => Uint8Array;
  more?: TarEntry[];
}

/** An OCI image layout whose layers hold the given entries, lowest first. */
export function ociArchive(layers: TarEntry[][], changes: ArchiveChanges = {}): Uint8Array {
  const platform = changes.platform ?? { os: 'linux', architecture: 'riscv64' };
  const plain = layers.map((entries) => writeTar(entries));
  const packed = plain.map((layer) => (changes.packedLayer ?? gzipSync)(layer));
  const config = json({
    ...platform,
    config: changes.config ?? { Cmd: ['/bin/sh'] },
    rootfs: { type: 'layers', diff_ids: changes.diffIds ?? plain.map(digestOf) },
  });
  const manifest = json({
    schemaVersion: 2,
    config: descriptor(config),
    layers: packed.map((layer) => ({ ...descriptor(layer), ...changes.layerDescriptor })),
  });
  const index = json({ schemaVersion: 2, manifests: [{ ...descriptor(manifest), platform }] });
  const blobs = [config, manifest, ...packed].map((data) => entry(`blobs/sha256/${digestOf(data).slice(7)}`, { data }));
  return writeTar([entry('oci-layout', { data: json({ imageLayoutVersion: '1.0.0' }) }), entry('index.json', { data: index }), ...blobs, ...(changes.more ?? [])]);
}

function descriptor(data: Uint8Array): { digest: string; size: number } {
  return { digest: digestOf(data), size: data.length };
}

/** A classic `docker save` archive. */
export function dockerArchive(layers: TarEntry[][]): Uint8Array {
  const plain = layers.map((entries) => writeTar(entries));
  const config = json({ os: 'linux', architecture: 'riscv64', config: {}, rootfs: { type: 'layers', diff_ids: plain.map(digestOf) } });
  return writeTar([
    ...plain.map((data, i) => entry(`layer${i}/layer.tar`, { data })),
    entry('config.json', { data: config }),
    entry('manifest.json', { data: json([{ Config: 'config.json', RepoTags: ['x:latest'], Layers: plain.map((_, i) => `layer${i}/layer.tar`) }]) }),
  ]);
}
