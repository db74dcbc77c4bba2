/** Threads of a team as worker threads of Node. */
import { type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';
import { phrase } from '../../model/phrase.ts';
import { Helper, type NetworkNews, type StartThread, type ThreadData } from './threadTeam.ts';

/** @param file the thread's bundle (`dist/kernelThread.js`) */
export function nodeThreads(file: string): StartThread {
  return (workerData, died) => {
    const worker = new Worker(file, { name: `rnn-explorer-kernels-${workerData.index}`, workerData });
    let ended = false;
    worker.unref();
    worker.on('error', error => {
      died(phrase('A thread of the engine has failed: {0}', String(error)));
    });
    worker.on('exit', () => {
      if (!ended) died(phrase('A thread of the engine has died.'));
    });
    return {
      tell(news) {
        worker.postMessage(news);
      },
      end() {
        ended = true;
        void worker.terminate();
      },
    };
  };
}

/** What a thread does all its life; it ends when it is ended. @param port where it hears of networks. */
export function serveTeam(port: MessagePort, data: ThreadData): never {
  const helper = new Helper(data);
  for (;;) {
    while (!helper.seesJob()) Atomics.wait(...helper.bed);
    try {
      helper.doJob(() => {
        for (let news = receive(port); news; news = receive(port)) helper.hear(news);
      });
    } catch (error) {
      port.postMessage(String(error)); // the team has been told that it failed
    }
  }
}

function receive(port: MessagePort): NetworkNews | undefined {
  return receiveMessageOnPort(port)?.message as NetworkNews | undefined;
}
