/** The same thing with some of it put otherwise, and a map of which some is left out: for an engine that shows less. *Pure.* */

/** Methods that are not put otherwise go on with the whole thing. */
export const over = <A extends object>(target: A, instead: Partial<A>): A =>
  new Proxy(target, {
    get: (_, name) => {
      if (Object.hasOwn(instead, name)) return Reflect.get(instead, name);
      const value = Reflect.get(target, name, target) as unknown;
      return typeof value === "function" ? value.bind(target) : value;
    },
    set: () => false,
  });

/** Follows the map as it changes. */
export const filtered = <K, V>(map: ReadonlyMap<K, V>, keep: (value: V, key: K) => boolean): ReadonlyMap<K, V> => {
  function* entries(): MapIterator<[K, V]> {
    for (const [key, value] of map) if (keep(value, key)) yield [key, value];
  }
  function* keys(): MapIterator<K> {
    for (const [key] of entries()) yield key;
  }
  function* values(): MapIterator<V> {
    for (const [, value] of entries()) yield value;
  }
  const has = (key: K): boolean => map.has(key) && keep(map.get(key) as V, key);
  return {
    get: (key) => (has(key) ? map.get(key) : undefined),
    has,
    entries,
    keys,
    values,
    [Symbol.iterator]: entries,
    forEach: (tell) => {
      for (const [key, value] of entries()) tell(value, key, map);
    },
    get size() {
      let count = 0;
      for (const _ of keys()) count += 1;
      return count;
    },
  };
};
