import { KernelPanic } from '../base/errors.ts';
import { checkKeys } from './containers.ts';
import { planOf } from './registry.ts';
import type { ClassPlan } from './registry.ts';
import type { SaveContext, Tapes, WalkContext } from './wire.ts';
import { GraphWriter, TapeWriter, describeValue, joinTapes } from './writer.ts';

/** Changed whenever the meaning of the tapes changes. */
export const STATE_FORMAT = 1;

/**
 * Encodes `root` and everything it refers to: `walkGraph`, then the wire.
 *
 * @returns  the state stream; belongs to the caller
 * @errors   as `walkGraph`
 */
export function saveGraph(root: object, context: SaveContext): Uint8Array {
  return context.wire.encodeTapes(walkGraph(root, context));
}

/**
 * Writes `root` and everything it refers to on tapes, which hold all of it: the graph may change as soon as this returns.
 *
 * The tapes, in order: format, the classes that occur (name, version, fingerprint), the class of each object, then the
 * fields of each object. Objects are numbered when first met, from the root, field by field: equal states give equal bytes.
 *
 * @errors   KernelPanic naming class and field: an object without a schema, an own key that the schema does not name, a
 *           value out of its kind's range
 */
export function walkGraph(root: object, context: WalkContext): Tapes {
  return walk(root, new GraphWriter(context))();
}

/**
 * As `walkGraph`, but entries of kind `mapLater` are written when the function that is returned is called: they must not
 * change before. Frames in them are numbered after all others.
 */
export function beginWalk(root: object, context: WalkContext): () => Tapes {
  return walk(root, new GraphWriter(context, true));
}

function walk(root: object, writer: GraphWriter): () => Tapes {
  const classes = new Map<ClassPlan, number>();
  const classOfObject: number[] = [];

  writer.object(root);
  for (let i = 0; i < writer.objects.length; i++) {
    const target = writer.objects[i] ?? root;
    const plan = planOf(target);
    if (plan === undefined) throw new KernelPanic(`save: ${describeValue(target)}, met in ${writer.place() || 'the root'}, has no state schema`);
    let place = classes.get(plan);
    if (place === undefined) {
      place = classes.size;
      classes.set(plan, place);
    }
    classOfObject.push(place);
    writeFields(writer, plan, target);
  }

  const head = new TapeWriter();
  head.int(STATE_FORMAT);
  head.int(classes.size);
  for (const plan of classes.keys()) {
    head.string(plan.name);
    head.int(plan.version);
    head.int(plan.fingerprint[0]);
    head.int(plan.fingerprint[1]);
  }
  head.int(classOfObject.length);
  for (const place of classOfObject) head.int(place);
  return () => {
    writer.writeHoles();
    return joinTapes(head, writer);
  };
}

function writeFields(writer: GraphWriter, plan: ClassPlan, target: object): void {
  writer.className = plan.name;
  writer.fieldName = '';
  checkKeys(target, plan.fieldNames, (key) => writer.reject(target, `covered by its schema: own key ${key}`));
  const values = target as Record<string, unknown>;
  for (const field of plan.fields) {
    if (field.rule === 'saved') {
      writer.fieldName = field.name;
      field.kind.write(writer, values[field.name]);
    } else if (field.rule === 'edge') {
      writer.fieldName = field.name;
      writer.string(field.keyOf(target));
    }
  }
}
