import Fastify from 'fastify';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { open311 } from '#incidents';
import { ServiceError } from '#model';
import { breach, type TestCity } from './city.ts';
import { openServer, request, type TestServer } from './open311-server.ts';

let server: TestServer;
let city: TestCity;
beforeEach(async () => {
  server = await openServer();
  ({ city } = server);
});
afterEach(() => server.close());

describe('POST requests', () => {
  test('files the report when it is a form', async () => {
    expect(await server.post({ ...request, description: 'penuh' })).toEqual({
      status: 201,
      type: 'application/json; charset=utf-8',
      body: [
        {
          service_request_id: 'r-00000001',
          service_notice: 'Your report is with the city / Laporan Anda telah diterima',
          account_id: null,
        },
      ],
    });
    const { links } = await city.incident('i-00000001');
    expect(links).toMatchObject([{ kind: 'report', source: 'r-00000001', actor: 'lapor' }]);
  });

  test('files the report when it is JSON and the key is a bearer token', async () => {
    const { status } = await server.call({
      method: 'POST',
      url: '/open311/v2/requests.json',
      headers: { authorization: 'Bearer good' },
      payload: { service_code: 'full-bin', lat: -10.17, long: 123.6 },
    });
    expect(status).toBe(201);
  });

  test('files the report when the app reads forms itself', async () => {
    const outer = Fastify();
    outer.addContentTypeParser(
      'application/x-www-form-urlencoded',
      { parseAs: 'string' },
      (_request, text, done) => done(null, Object.fromEntries(new URLSearchParams(String(text)))),
    );
    await outer.register(open311, { ...server.options, prefix: '/open311/v2' });
    const { statusCode } = await outer.inject({
      method: 'POST',
      url: '/open311/v2/requests.json',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      payload: new URLSearchParams(request).toString(),
    });
    expect(statusCode).toBe(201);
    await outer.close();
  });

  test('says so when it joins what is known', async () => {
    const { incident } = await city.take(breach());
    const { body } = await server.post({ ...request, lat: '-10.1702' });
    expect(body).toMatchObject([
      { service_notice: expect.stringContaining('ditambahkan') as string },
    ]);
    expect((await city.incident(incident)).links).toHaveLength(2);
  });

  test.each(['attribute[asset]', 'asset_id'])(
    'takes the named asset when it is in %s',
    async (field) => {
      const { incident } = await city.take(breach({ asset: 'bin-2' }));
      await server.post({ ...request, [field]: 'BIN-2' });
      expect((await city.incident(incident)).links).toHaveLength(2);
    },
  );

  test.each([
    { given: {}, key: 'missing' },
    { given: { api_key: 'bad' }, key: 'unknown' },
  ])('answers 403 when the key is $key', async ({ given }) => {
    const { api_key: _key, ...rest } = request;
    expect(await server.post({ ...rest, ...given })).toMatchObject({
      status: 403,
      body: [{ code: 403, description: expect.stringMatching(/^api_key: .+ \/ .+/) as string }],
    });
  });

  test('answers 404 when the service is unknown', async () => {
    expect(await server.post({ ...request, service_code: 'potholes' })).toMatchObject({
      status: 404,
      body: [{ code: 404, description: expect.stringMatching(/^service_code: no such/) as string }],
    });
  });

  test.each([
    {
      name: 'only an address is given',
      change: { lat: '', long: '', address_string: 'El Tari 1' },
    },
    { name: 'half of the position is missing', change: { long: '' } },
  ])('says that coordinates are needed when $name', async ({ change }) => {
    expect(await server.post({ ...request, ...change })).toEqual({
      status: 400,
      type: 'application/json; charset=utf-8',
      body: [
        {
          code: 400,
          description:
            'lat, long: coordinates are needed, an address alone cannot be placed yet / ' +
            'koordinat diperlukan, alamat saja belum dapat ditempatkan [incidents.location_missing]',
        },
      ],
    });
  });

  test.each([
    { field: 'service_code', value: '' },
    { field: 'lat', value: '90.5' },
    { field: 'lat', value: '-10,17' },
    { field: 'lat', value: 'NaN' },
    { field: 'long', value: '181' },
    { field: 'description', value: 'x'.repeat(4_001) },
    { field: 'media_url', value: 'javascript:alert(1)' },
    { field: 'asset_id', value: 'bin 1!' },
  ])('answers 400 and names $field when it is $value', async ({ field, value }) => {
    const { status, body } = await server.post({ ...request, [field]: value });
    expect({ status, body }).toMatchObject({ status: 400, body: [{ code: 400 }] });
    const text = new RegExp(`^${field}: .+ / .+ \\[http.body_invalid\\]$`);
    expect(body).toMatchObject([{ description: expect.stringMatching(text) as string }]);
  });

  test('names every field when several are wrong', async () => {
    const { body } = await server.post({ ...request, lat: 'north', long: '999' });
    expect(body).toMatchObject([{ code: 400 }, { code: 400 }]);
  });

  test('answers 400 as an array when the body is broken JSON', async () => {
    const answer = await server.call({
      method: 'POST',
      url: '/open311/v2/requests.json?api_key=good',
      headers: { 'content-type': 'application/json' },
      payload: '{"lat":',
    });
    expect(answer).toMatchObject({ status: 400, body: [{ code: 400 }] });
  });

  test('answers 503 when the pipeline is away and 500 when it has a bug', async () => {
    server.failure = new ServiceError('internal.unavailable', 'the pipeline is restarting');
    expect(await server.post(request)).toMatchObject({ status: 503, body: [{ code: 503 }] });
    server.failure = new Error('secret detail');
    const { status, body } = await server.post(request);
    expect(status).toBe(500);
    expect(JSON.stringify(body)).not.toContain('secret');
    expect(server.log).toContain('secret detail');
  });

  test('keeps and logs nothing of who reported, nor the key', async () => {
    await server.post({ ...request, email: 'ani@example.id', phone: '0812', first_name: 'Ani' });
    await server.get('requests/r-00000001.json');
    const rows: unknown[] = [
      await city.db.selectFrom('report').selectAll().execute(),
      await city.db.selectFrom('incident_link').selectAll().execute(),
      await city.db.selectFrom('incident_event').selectAll().execute(),
    ];
    expect(JSON.stringify(rows) + server.log).not.toMatch(/ani@|0812|Ani|api_key|good/);
  });
});
