/** Serves `EngineSide` over a message path: what the engine's thread and its process have in common. */
import { EngineService, type EngineServiceOptions } from './engineService.ts';
import { Channel, type Port } from './protocol/channel.ts';
import type { EngineClientSide, EngineSide } from './protocol/engine.ts';

export function serveEngine(port: Port, options: Omit<EngineServiceOptions, 'emit'>): void {
  const service = new EngineService({
    ...options,
    emit: (name, event, transfer) => {
      channel.emit(name, event, transfer);
    },
  });
  const channel = new Channel<EngineSide, EngineClientSide>(port, service.handlers);
  channel.emit('ready', { engine: options.backend.title });
}
