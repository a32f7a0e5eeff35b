import { describe, expect, it } from 'vitest';
import { silentLogger } from '../../../src/base/logger.ts';
import { Store, type Stored } from '../../../src/kube/store.ts';

interface Item extends Stored {
  readonly labels: Record<string, string>;
}
const item = (name: string, uid: string, resourceVersion: string, namespace = 'shop'): Item => ({
  namespace,
  name,
  uid,
  resourceVersion,
  labels: { app: name },
});

function setUp() {
  const log: string[] = [];
  const store = new Store<Item>({
    logger: silentLogger,
    indexes: [
      { added: (one) => log.push(`+${one.name}@${one.uid}`), removed: (one) => log.push(`-${one.name}@${one.uid}`) },
    ],
  });
  store.onChange((key) => log.push(`${key} ${store.get(...(key.split('/') as [string, string]))?.uid ?? 'gone'}`));
  return { store, log };
}

describe('Store', () => {
  it('an object recreated with another uid goes before it comes', () => {
    const { store, log } = setUp();
    store.put(item('a', 'u1', '1'));
    store.replace([item('a', 'u2', '5')]);
    expect(log).toEqual(['+a@u1', 'shop/a u1', '-a@u1', 'shop/a gone', '+a@u2', 'shop/a u2']);
  });

  it('the same version is no news', () => {
    const { store, log } = setUp();
    expect(store.replace([item('a', 'u1', '1'), item('b', 'u2', '2')])).toBe(2);
    log.length = 0;
    expect(store.replace([item('a', 'u1', '1'), item('b', 'u2', '3')])).toBe(1);
    expect(log).toEqual(['-b@u2', '+b@u2', 'shop/b u2']);
    expect(store.put(item('b', 'u2', '3'))).toBe(false);
  });

  it('what a list does not name is gone; namespaces are kept apart and forgotten when empty', () => {
    const { store } = setUp();
    store.replace([item('a', 'u1', '1'), item('a', 'u2', '2', 'other')]);
    expect(store.size).toBe(2);
    store.replace([item('a', 'u2', '2', 'other')]);
    expect([...store.inNamespace('shop')]).toEqual([]);
    expect([...store.inNamespace('other')].map(({ uid }) => uid)).toEqual(['u2']);
    store.remove('other', 'nobody');
    expect(store.size).toBe(1);
  });

  it('freezes to the depths', () => {
    const { store } = setUp();
    store.put(item('a', 'u1', '1'));
    expect(() => {
      store.get('shop', 'a')!.labels['app'] = 'x';
    }).toThrow(TypeError);
  });

  it('a handler that throws hides nothing from the next, and a stopped one hears nothing', () => {
    const { store } = setUp();
    const heard: string[] = [];
    const stop = store.onChange(() => {
      throw new Error('mine');
    });
    store.onChange((key) => heard.push(key));
    store.put(item('a', 'u1', '1'));
    stop();
    store.put(item('a', 'u1', '2'));
    expect(heard).toEqual(['shop/a', 'shop/a']);
  });
});
