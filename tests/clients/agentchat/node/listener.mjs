// An agent's realtime client, everything that it is told in the order in which it came, and every frame on its socket.

import { News, WS, WebSocket, original, sdk } from './hub.mjs';

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
function watched(show) {
  return class extends WebSocket {
    constructor(url) {
      super(url);
      show({ opened: url });
      this.on('message', (text) => show({ received: JSON.parse(text) }));
    }

    send(text) {
      show({ sent: JSON.parse(text) });
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
    this.news = new News();
    const note = (list) => (item) => {
      list.push(item);
      this.news.tell();
    };
    const see = note(this.seen);
    this.live = new sdk.RealtimeClient({
      apiKey: agent.key,
      baseUrl: WS,
      client: original(agent.client),
      reconnectInterval: 50,
      maxReconnectInterval: 200,
      onSequenceGap: note(this.gaps),
      webSocket: watched(note(this.frames)),
      ...options,
    });
    for (const type of EVENTS) {
      this.live.on(type, (frame) => {
        see(frame);
        return type === 'message.new' ? onMessage?.(frame.payload) : undefined;
      });
    }
    this.live.onConnect(() => see({ type: 'connected' }));
    this.live.onDisconnect(({ code, reason }) => see({ type: 'disconnected', code, reason }));
    this.live.onError((error) => see({ type: 'error', error }));
  }

  /** The next event of this type that nobody has asked for yet; its payload, if it has one. */
  async next(type, which = () => true) {
    const wanted = (event) => event.type === type && which(event.payload ?? event);
    const what = () => `${type}; seen: ${JSON.stringify(this.seen)}`;
    const event = await this.news.until(what, () => this.seen.find(wanted));
    this.seen.splice(this.seen.indexOf(event), 1);
    return event.payload ?? event;
  }

  /** Waits until what it has been told, and what went over its socket, is so. */
  async sees(what, question) {
    await this.news.until(() => `${what}; seen: ${JSON.stringify(this.seen)}`, question);
  }

  /** The acknowledgements that it has sent. */
  acks() {
    const sent = this.frames.filter(({ sent: frame }) => frame?.type === 'ack');
    return sent.map(({ sent: { message_id: id } }) => id);
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
