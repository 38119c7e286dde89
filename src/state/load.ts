import { ImageError } from '../base/errors.ts';
import { GraphReader } from './reader.ts';
import { findClass, isInstance } from './registry.ts';
import type { ClassPlan } from './registry.ts';
import { STATE_FORMAT } from './save.ts';
import type { ClassOf } from './schema.ts';
import type { LoadContext } from './wire.ts';

/** What a state stream may decode to: far above any kernel of 1,024 tasks, far below what would hurt the host. */
export const STATE_LIMIT_BYTES = 1 << 28;

interface PendingEdge {
  readonly self: object;
  readonly field: string;
  readonly port: string;
  readonly key: string;
}

/**
 * Decodes a stream of `saveGraph` and returns its root.
 *
 * All objects are allocated, then all are filled in object order; then edges are bound, derived fields computed, resting
 * ones made, and hooks run by their order. No constructor runs.
 *
 * @param rootClass  what the root has to be
 * @errors ImageError naming class, field and reason; the objects made so far are garbage and nothing else was touched,
 *         as long as the context's `loadFrame` and `bindEdge` touch nothing
 */
export function loadGraph<C extends object>(stream: Uint8Array, context: LoadContext, rootClass: ClassOf<C>): C {
  const reader = new GraphReader(context.wire.decodeTapes(stream, STATE_LIMIT_BYTES), context);
  const format = reader.int();
  if (format !== STATE_FORMAT) reader.refuse(`of format ${format}, this program reads ${STATE_FORMAT}`);
  const classes = readClasses(reader);
  const plans = readObjects(reader, classes);
  const root = reader.object();

  const edges: PendingEdge[] = [];
  for (let i = 0; i < plans.length; i++) fill(reader, at(plans, i), at(reader.objects, i), edges);
  reader.className = '';
  reader.expectEnd();
  if (!isOf(rootClass, root)) return reader.refuse('the root is of another class');

  for (const { self, field, port, key } of edges) Reflect.set(self, field, context.bindEdge(port, key, self));
  for (let i = 0; i < plans.length; i++) if (at(plans, i).hasComputed) refusing(at(plans, i), () => derive(at(plans, i), at(reader.objects, i)));
  runHooks(plans, reader.objects, context);
  return root;
}

/** Runs code that computes from loaded state: where that contradicts itself the image is refused, whatever was thrown. */
function refusing(plan: ClassPlan, compute: () => void): void {
  try {
    compute();
  } catch (error) {
    if (error instanceof ImageError) throw error;
    const refusal = new ImageError(`state ${plan.name}`, `cannot be rebuilt: ${error instanceof Error ? error.message : String(error)}`);
    refusal.cause = error;
    throw refusal;
  }
}

/** The class table, each entry compared with the schema of this program. */
function readClasses(reader: GraphReader): ClassPlan[] {
  const count = reader.count();
  const classes: ClassPlan[] = [];
  for (let i = 0; i < count; i++) {
    reader.className = '';
    const name = reader.string(false);
    const version = reader.int();
    const low = reader.int();
    const high = reader.int();
    const plan = findClass(name);
    if (plan === undefined) throw new ImageError('state schema', `class ${printable(name)} of the image is not known here`);
    if (plan.version !== version) throw new ImageError('state schema', `class ${name} is version ${version} in the image, ${plan.version} here`);
    if (plan.fingerprint[0] !== low || plan.fingerprint[1] !== high) {
      throw new ImageError('state schema', `class ${name} has other fields in the image than here`);
    }
    classes.push(plan);
  }
  return classes;
}

/** Allocates every object, empty, and answers the class of each. */
function readObjects(reader: GraphReader, classes: readonly ClassPlan[]): ClassPlan[] {
  const count = reader.count();
  const plans: ClassPlan[] = [];
  for (let i = 0; i < count; i++) {
    const place = reader.int();
    const plan = classes[place];
    if (plan === undefined) reader.refuse(`class ${place} of ${classes.length} does not exist`);
    plans.push(plan);
    reader.objects.push(plan.allocate());
  }
  return plans;
}

function fill(reader: GraphReader, plan: ClassPlan, target: object, edges: PendingEdge[]): void {
  reader.className = plan.name;
  const fields = target as Record<string, unknown>; // plain stores: Reflect.set is several times slower
  for (const field of plan.fields) {
    reader.fieldName = field.name;
    if (field.rule === 'saved') {
      fields[field.name] = field.kind.read(reader);
    } else {
      fields[field.name] = undefined;
      if (field.rule === 'edge') edges.push({ self: target, field: field.name, port: field.port, key: reader.string(true) });
    }
  }
}

function derive(plan: ClassPlan, target: object): void {
  for (const field of plan.fields) {
    if (field.rule === 'derived') Reflect.set(target, field.name, field.compute(target));
    else if (field.rule === 'atRest') Reflect.set(target, field.name, field.make());
  }
}

function runHooks(plans: readonly ClassPlan[], objects: readonly object[], context: LoadContext): void {
  const hooked: number[] = [];
  for (let i = 0; i < plans.length; i++) if (at(plans, i).afterLoad !== null) hooked.push(i);
  hooked.sort((a, b) => at(plans, a).hookOrder - at(plans, b).hookOrder || a - b);
  for (const i of hooked) refusing(at(plans, i), () => at(plans, i).afterLoad?.(at(objects, i), context));
}

function isOf<C extends object>(Class: ClassOf<C>, target: object): target is C {
  return isInstance(Class.prototype, target);
}

function at<T>(items: readonly T[], index: number): T {
  const item = items[index];
  if (item === undefined) throw new ImageError('state', `no item ${index}`);
  return item;
}

function printable(name: string): string {
  return name.length > 60 ? `${name.slice(0, 60)}…` : name;
}
