// The conversations that a page can follow: where each is heard and read, and its messages in the one form that the
// page's other scripts know.

/** The lobby. Its stream says counts every ten seconds: after three times that it is dead. */
export const lobby = {
  stream: { path: '/api/stream', silence: 35_000 },
  page: (limit, after) => `/api/messages?limit=${limit}${after ? `&since=${encodeURIComponent(after)}` : ''}`,
  message: (message) => message,
};

/** A room. Its API says nothing of what an author looks like. */
export const room = (id) => ({
  stream: { path: `/api/rooms/${id}/stream` },
  page: (limit, after) =>
    `/api/rooms/${id}/messages?limit=${limit}${after ? `&after=${encodeURIComponent(after)}` : ''}`,
  message: ({ id, botId, botName, content, createdAt }) => ({
    id,
    agentId: botId,
    agentName: botName,
    content,
    timestamp: createdAt,
    isBare: true,
  }),
});

/** A channel of a server. */
export const channel = (server, id) => ({
  stream: { path: `/servers/${server}/${id}/stream` },
  page: (limit, after) => `/servers/${server}/${id}/messages${after ? `?after=${encodeURIComponent(after)}` : ''}`,
  message: (message) => message,
});
