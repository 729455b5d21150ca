import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer, request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { startServer } from '../../serve/server.js';
import { followTls, readTls } from '../../serve/tls.js';
import { selfSigned } from '../fixtures/certificate.js';
import { tinyModel } from '../fixtures/model.js';
import { temporaryFolder } from '../fixtures/temporary-folder.js';

const quiet = { models: tinyModel(), device: 'cpu', workers: 1, port: 0, logLevel: 'silent' } as const;

async function writeIdentity(t: TestContext, identity = selfSigned('127.0.0.1')) {
  const folder = await temporaryFolder(t);
  const [tlsCert, tlsKey] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  await Promise.all([writeFile(tlsCert, identity.cert), writeFile(tlsKey, identity.key)]);
  return { tlsCert, tlsKey, ...identity };
}

test('the service speaks HTTPS by the certificate it was given, and says to keep to it', async (t) => {
  const { tlsCert, tlsKey, cert } = await writeIdentity(t);
  const server = await startServer({ ...quiet, tlsCert, tlsKey });
  t.after(() => server.close());
  assert.match(server.address, /^https:\/\/127\.0\.0\.1:\d+$/);
  const ask = async (ca: string) => {
    const sent = request(`${server.address}/health/ready`, { ca, agent: false }).end();
    const [response] = await once(sent, 'response');
    return { headers: response.headers, body: await json(response) };
  };
  const { headers, body } = await ask(cert);
  assert.deepEqual(body, { status: 'ready' });
  assert.equal(headers['strict-transport-security'], 'max-age=15552000');
  await assert.rejects(ask(selfSigned('127.0.0.1').cert), /certificate/, 'the control: another one');
  await assert.rejects(fetch(server.address.replace('https', 'http')));
});

test('new connections have a renewed certificate', { timeout: 10_000 }, async (t) => {
  const { tlsCert, tlsKey, cert, key } = await writeIdentity(t);
  const server = createServer({ cert, key }, (_request, response) => response.end());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const failures: unknown[] = [];
  t.after(followTls(server, { tlsCert, tlsKey }, (error) => failures.push(error), 10));
  const accepts = async (ca: string) => {
    const { port } = server.address() as AddressInfo;
    const sent = request(`https://127.0.0.1:${port}`, { ca, agent: false }).end();
    return once(sent, 'response').then(
      () => true,
      () => false,
    );
  };
  const renewed = selfSigned('127.0.0.1');
  assert.deepEqual([await accepts(cert), await accepts(renewed.cert)], [true, false]);
  await writeFile(tlsCert, renewed.cert);
  while (failures.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.ok(await accepts(cert), 'a certificate without its key leaves the old one');
  await writeFile(tlsKey, renewed.key);
  while (!(await accepts(renewed.cert))) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.equal(await accepts(cert), false);
});

test('files that are missing or do not make a pair are refused before anything starts', async (t) => {
  const { tlsCert, tlsKey } = await writeIdentity(t);
  const other = await writeIdentity(t);
  assert.equal(await readTls({}), undefined);
  await assert.rejects(readTls({ tlsCert }), { code: 'OPTION_INVALID', received: 'only tlsCert' });
  await assert.rejects(readTls({ tlsKey }), { code: 'OPTION_INVALID', received: 'only tlsKey' });
  await assert.rejects(readTls({ tlsCert, tlsKey: `${tlsKey}x` }), { code: 'FILE_NOT_FOUND' });
  await assert.rejects(readTls({ tlsCert, tlsKey: other.tlsKey }), {
    code: 'OPTION_INVALID',
    expected: `a certificate in ${tlsCert} and its private key in ${other.tlsKey}`,
    received: /key values mismatch/,
  });
  await assert.rejects(readTls({ tlsCert: tlsKey, tlsKey }), { code: 'OPTION_INVALID' });
});
