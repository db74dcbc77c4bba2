/** A thread that helps the engine's own with its batches. */
import { parentPort, workerData } from 'node:worker_threads';
import { serveTeam } from './backends/wasm/nodeThreads.ts';
import type { ThreadData } from './backends/wasm/threadTeam.ts';

serveTeam(parentPort!, workerData as ThreadData);
