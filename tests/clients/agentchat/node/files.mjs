// Attachments there and back, byte for byte, and avatars of agents and groups.

import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { crc32, deflateSync } from 'node:zlib';
import { joinAll, meet, refused, sayIn, sdk } from './hub.mjs';

/** A picture of one colour, as PNG. */
function picture(side) {
  const chunk = (type, data) => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    sum.writeUInt32BE(checksum(body));
    return Buffer.concat([length, body, sum]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const row = Buffer.concat([Buffer.from([0]), Buffer.alloc(side * 3, 0x7f)]);
  const rows = deflateSync(Buffer.concat(Array(side).fill(row)));
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', rows), chunk('IEND', Buffer.alloc(0))]);
}

function checksum(bytes) {
  if (crc32) return crc32(bytes);
  let sum = ~0;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit += 1) sum = (sum >>> 1) ^ (sum & 1 ? 0xedb88320 : 0);
  }
  return ~sum >>> 0;
}

const described = (bytes, more) => ({
  filename: 'numbers.png',
  content_type: 'image/png',
  size: bytes.length,
  sha256: createHash('sha256').update(bytes).digest('hex'),
  ...more,
});

const put = (url, body) => fetch(url, { method: 'PUT', body });

/** What a download link gives, asked for with no headers of ours. */
async function fetched(url) {
  const reply = await fetch(url);
  assert.equal(reply.status, 200, url);
  return { headers: reply.headers, bytes: Buffer.from(await reply.arrayBuffer()) };
}

async function attachments() {
  const [ada, bob, carol] = await joinAll('ada', 'bob', 'carol');
  await meet(ada, bob);
  await meet(ada, carol);
  const bytes = picture(300);
  assert.ok(bytes.length <= sdk.MAX_ATTACHMENT_SIZE && sdk.ALLOWED_ATTACHMENT_MIME.includes('image/png'));
  const slot = await ada.client.createUpload(described(bytes, { to: '@Bob' }));
  assert.match(slot.attachment_id, /^att_/);
  assert.ok(Number.isInteger(slot.expires_in) && slot.expires_in > 0);
  assert.ok(new URL(slot.upload_url).protocol.startsWith('http'));
  assert.equal((await put(slot.upload_url, randomBytes(bytes.length))).status, 400, 'other bytes than announced');
  assert.ok((await put(slot.upload_url, bytes)).ok);

  const content = { text: 'Look', attachment_id: slot.attachment_id };
  const { message } = await ada.client.sendMessage({ to: 'bob', type: 'file', content });
  assert.deepEqual([message.type, message.content], ['file', content]);
  for (const agent of [ada, bob]) {
    const url = await agent.client.getAttachmentDownloadUrl(slot.attachment_id);
    const { headers, bytes: got } = await fetched(url);
    assert.ok(got.equals(bytes));
    assert.equal(headers.get('content-type'), 'image/png');
    assert.match(headers.get('content-disposition'), /^attachment; filename="numbers\.png"/);
  }
  const unseen = carol.client.getAttachmentDownloadUrl(slot.attachment_id);
  await refused(unseen, 'NotFoundError', 404, 'NOT_FOUND');
  const elsewhere = ada.client.sendMessage({ to: 'carol', type: 'file', content });
  await refused(elsewhere, 'AgentChatError', 400, 'ATTACHMENT_WRONG_SCOPE');
  const anothers = bob.client.sendMessage({ to: 'ada', type: 'file', content });
  await refused(anothers, 'NotFoundError', 404, 'ATTACHMENT_NOT_FOUND');
  assert.equal((await bob.client.listConversations())[0].last_message_preview, 'Attachment');

  const { group } = await ada.client.createGroup({ name: 'Stones' });
  const shared = await ada.client.createUpload(described(bytes, { conversation_id: group.id }));
  assert.ok((await put(shared.upload_url, bytes)).ok);
  await sayIn(ada, group.id, 'Here', { type: 'file', content: { attachment_id: shared.attachment_id } });
  for (const wrong of [
    described(bytes, { to: 'bob', content_type: 'text/html' }),
    described(bytes, { to: 'bob', size: 26_214_401 }),
    described(bytes, { to: 'bob', sha256: 'x' }),
    described(bytes, { to: 'ada' }),
    described(bytes, {}),
  ])
    await refused(ada.client.createUpload(wrong), 'ValidationError', 400, 'VALIDATION_ERROR');
  await bob.client.blockAgent('ada');
  await refused(ada.client.createUpload(described(bytes, { to: 'bob' })), 'BlockedError', 403, 'BLOCKED');
}

/** Sets a picture in every way that the SDK takes bytes, looks at it, and removes it. */
async function shown(set, remove, key) {
  const bytes = picture(200);
  const links = [];
  for (const image of [bytes, new Uint8Array(bytes).buffer, new Blob([bytes])]) {
    const set_ = await set(image);
    assert.match(set_.avatar_key, key);
    links.push(set_.avatar_url);
  }
  assert.equal(new Set(links).size, 1, 'the same picture has the same address');
  const { headers, bytes: webp } = await fetched(links[0]);
  assert.equal(headers.get('content-type'), 'image/webp');
  assert.equal(headers.get('cache-control'), 'public, max-age=31536000, immutable');
  assert.deepEqual([webp.subarray(0, 4).toString(), webp.subarray(8, 12).toString()], ['RIFF', 'WEBP']);
  const tooLarge = Buffer.alloc(5 * 1024 * 1024 + 1, 0x89);
  await refused(set(Buffer.alloc(0)), 'AgentChatError', 400, 'EMPTY_BODY');
  await refused(set(Buffer.from('no picture at all')), 'AgentChatError', 400, 'UNSUPPORTED_FORMAT');
  await refused(set(bytes.subarray(0, 60)), 'AgentChatError', 400, 'DECODE_FAILED');
  await refused(set(picture(64)), 'AgentChatError', 400, 'IMAGE_TOO_SMALL');
  await refused(set(tooLarge), 'AgentChatError', 413, 'PAYLOAD_TOO_LARGE');
  return async () => {
    assert.deepEqual(await remove(), { ok: true });
    await refused(remove(), 'NotFoundError', 404, 'NOT_FOUND');
    return links[0];
  };
}

async function avatars() {
  const [ada, bob] = await joinAll('ada', 'bob');
  const { client } = ada;
  const own = await shown(
    (image) => client.setAvatar('ada', image),
    () => client.removeAvatar('ada'),
    /^[\da-f]{16}\/[\da-f]{32}\.webp$/,
  );
  const { avatar_url: link } = await bob.client.getAgent('ada');
  assert.equal((await client.getMe()).avatar_url, link);
  await refused(bob.client.setAvatar('ada', picture(200)), 'ForbiddenError', 403, 'FORBIDDEN');
  assert.equal(await own(), link);
  assert.equal((await bob.client.getAgent('ada')).avatar_url, null);

  const { group } = await client.createGroup({ name: 'Stones', member_handles: ['bob'] });
  const [invite] = await bob.client.listGroupInvites();
  await bob.client.acceptGroupInvite(invite.id);
  const theirs = await shown(
    (image) => client.setGroupAvatar(group.id, image, { contentType: 'image/png' }),
    () => client.removeGroupAvatar(group.id),
    /^g\/[\da-f]{16}\/[\da-f]{32}\.webp$/,
  );
  assert.equal(
    (await bob.client.listConversations())[0].group_avatar_url,
    (await bob.client.getGroup(group.id)).avatar_url,
  );
  await refused(bob.client.setGroupAvatar(group.id, picture(200)), 'ForbiddenError', 403, 'FORBIDDEN');
  await theirs();
  assert.equal((await bob.client.getGroup(group.id)).avatar_url, null);
  const [last] = await bob.client.getMessages(group.id, { limit: 1 });
  assert.equal(last.content.data.event, 'avatar_changed');
}

const C = (...names) => names.map((name) => `AgentChatClient.${name}`);

export const scenarios = {
  attachments: {
    uses: [...C('createUpload', 'getAttachmentDownloadUrl'), 'ALLOWED_ATTACHMENT_MIME', 'MAX_ATTACHMENT_SIZE'],
    run: attachments,
  },
  avatars: { uses: C('setAvatar', 'removeAvatar', 'setGroupAvatar', 'removeGroupAvatar'), run: avatars },
};
