// An agent's realtime client, everything that it is told in the order in which it came, and every frame on its socket.

import assert from 'node:assert/strict';
import { WS, WebSocket, original, sdk, until } from './hub.mjs';

const EVENTS = [
  'message.new',
  'message.read',
  'presence.update',
  'typing.start',
  'typing.stop',
  'group.invite.received',
  'group.deleted',
];

/** A socket that shows what goes over it. */
function watched(frames) {
  return class extends WebSocket {
    constructor(url) {
      super(url);
      frames.push({ opened: url });
      this.on('message', (text) => frames.push({ received: JSON.parse(text) }));
    }

    send(text) {
      frames.push({ sent: JSON.parse(text) });
      super.send(text);
    }
  };
}

/** Connects `agent` and waits until the hub has greeted it. */
export async function listen(agent, options = {}) {
  const listener = new Listener(agent, options);
  await listener.live.connect();
  await listener.next('connected');
  return listener;
}

export class Listener {
  constructor(agent, { onMessage, ...options } = {}) {
    this.seen = [];
    this.frames = [];
    this.gaps = [];
    this.live = new sdk.RealtimeClient({
      apiKey: agent.key,
      baseUrl: WS,
      client: original(agent.client),
      reconnectInterval: 50,
      maxReconnectInterval: 200,
      onSequenceGap: (gap) => this.gaps.push(gap),
      webSocket: watched(this.frames),
      ...options,
    });
    for (const type of EVENTS) {
      this.live.on(type, (frame) => {
        this.seen.push(frame);
        return type === 'message.new' ? onMessage?.(frame.payload) : undefined;
      });
    }
    this.live.onConnect(() => this.seen.push({ type: 'connected' }));
    this.live.onDisconnect(({ code, reason }) => this.seen.push({ type: 'disconnected', code, reason }));
    this.live.onError((error) => this.seen.push({ type: 'error', error }));
  }

  /** The next event of this type that nobody has asked for yet; its payload, if it has one. */
  async next(type, which = () => true) {
    const wanted = (event) => event.type === type && which(event.payload ?? event);
    const what = () => `${type}; seen: ${JSON.stringify(this.seen)}`;
    const event = await until(type, () => this.seen.find(wanted)).catch(() => assert.fail(`waited for ${what()}`));
    this.seen.splice(this.seen.indexOf(event), 1);
    return event.payload ?? event;
  }

  /** Whether something of this type waits to be asked for. */
  has(type) {
    return this.seen.some((event) => event.type === type);
  }

  /** The messages that have come, in their order; those of others only. */
  messages(self) {
    const messages = this.seen.filter(({ type }) => type === 'message.new').map(({ payload }) => payload);
    return messages.filter(({ sender }) => sender !== self);
  }

  close() {
    this.live.disconnect();
  }
}
