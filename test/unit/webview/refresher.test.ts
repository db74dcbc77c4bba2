import assert from 'node:assert/strict';
import { Refresher } from '../../../webview/refresher.ts';

const wait = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms));

/** Work that takes so long and notes when it began and whether it was overtaken. */
function slowWork(ms: number) {
  const calls: { at: number; overtaken: boolean }[] = [];
  const work = async (signal: AbortSignal): Promise<void> => {
    const call = { at: performance.now(), overtaken: false };
    calls.push(call);
    await wait(ms);
    call.overtaken = signal.aborted;
  };
  return { calls, work };
}

describe('refreshing', () => {
  it('answers a burst of news with one request more after the one under way', async () => {
    const { calls, work } = slowWork(30);
    const refresher = new Refresher(work, 60);
    refresher.now();
    for (let k = 0; k < 20; k++) refresher.soon();
    await wait(200);
    assert.equal(calls.length, 2);
    assert.ok(calls[1]!.at - calls[0]!.at >= 58);
  });
  it('asks at once when a person wishes, and drops what is under way', async () => {
    const { calls, work } = slowWork(30);
    const refresher = new Refresher(work, 1000);
    refresher.now();
    refresher.now();
    await wait(60);
    assert.deepEqual(
      calls.map(({ overtaken }) => overtaken),
      [true, false],
    );
    assert.ok(calls[1]!.at - calls[0]!.at < 20);
  });
  it('asks no more once it is stopped', async () => {
    const { calls, work } = slowWork(5);
    const refresher = new Refresher(work, 20);
    refresher.now();
    refresher.soon();
    refresher.stop();
    await wait(60);
    assert.equal(calls.length, 1);
  });
});
