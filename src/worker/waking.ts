/**
 * The same object, but `wake` runs after each of its methods, and again when a promise that a method gave is settled: whatever
 * was asked for, the machine may have something to do now.
 */
export function waking<T extends object>(target: T, wake: () => void): T {
  return new Proxy(target, {
    get(object, key) {
      const member: unknown = Reflect.get(object, key, object);
      if (typeof member !== 'function') return member;
      return (...args: unknown[]): unknown => {
        try {
          const result: unknown = Reflect.apply(member, object, args);
          if (result instanceof Promise) void result.then(wake, wake);
          return result;
        } finally {
          wake();
        }
      };
    },
  });
}
