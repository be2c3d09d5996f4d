import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { breach, cleared, hour, start, type TestCity } from './city.ts';
import { openServer, request, type TestServer } from './open311-server.ts';

let server: TestServer;
let city: TestCity;
beforeEach(async () => {
  server = await openServer();
  ({ city } = server);
});
afterEach(() => server.close());

describe('GET services', () => {
  test('shows every category and needs no key', async () => {
    const { status, type, body } = await server.get('services.json', {});
    expect({ status, type }).toEqual({ status: 200, type: 'application/json; charset=utf-8' });
    expect(body).toHaveLength(city.categories.size);
    expect(body).toContainEqual({
      service_code: 'full-bin',
      service_name: 'Full bin / Tempat sampah penuh',
      description: 'Full bin / Tempat sampah penuh',
      metadata: true,
      type: 'realtime',
      keywords: 'bin',
      group: 'waste-bin',
    });
  });

  test('asks for the code on the asset when the service is about assets', async () => {
    const { body } = await server.get('services/full-bin.json', {});
    expect(body).toMatchObject({
      service_code: 'full-bin',
      attributes: [{ code: 'asset', datatype: 'string', required: false }],
    });
    expect((await server.get('services/dumped-waste.json', {})).body).toMatchObject({
      attributes: [],
    });
  });

  test('answers 404 when there is no such service', async () => {
    expect(await server.get('services/potholes.json', {})).toMatchObject({
      status: 404,
      body: [{ code: 404 }],
    });
  });
});

describe('GET requests', () => {
  test('shows all fields of the protocol when asked for one', async () => {
    await city.take(breach());
    await server.post({ ...request, description: 'penuh', address_string: 'Jl. El Tari' });
    const { status, body } = await server.get('requests/r-00000001.json');
    expect({ status, body }).toEqual({
      status: 200,
      body: [
        {
          service_request_id: 'r-00000001',
          status: 'open',
          status_notes: 'INC-000001: New / Menunggu',
          service_name: 'Full bin / Tempat sampah penuh',
          service_code: 'full-bin',
          description: 'penuh',
          agency_responsible: 'dlhk',
          service_notice: null,
          requested_datetime: '2026-11-24T08:00:00.000Z',
          updated_datetime: '2026-11-24T08:00:00.000Z',
          expected_datetime: null,
          address: 'Jl. El Tari',
          address_id: null,
          zipcode: null,
          lat: -10.17,
          long: 123.6,
          media_url: null,
        },
      ],
    });
  });

  test('follows the incident from open to closed', async () => {
    const { incident = '' } = await city.take(breach());
    await server.post(request);
    await city.take(cleared(breach()), start + hour);
    const read = async () => (await server.get('requests/r-00000001.json')).body;
    expect(await read()).toMatchObject([
      { status: 'open', status_notes: 'INC-000001: Verifying / Menunggu verifikasi' },
    ]);
    await city.move(incident, 'resolved', start + 2 * hour);
    expect(await read()).toMatchObject([
      { status: 'closed', updated_datetime: '2026-11-24T10:00:00.000Z' },
    ]);
  });

  test('answers 404 when there is none and 403 without a key', async () => {
    expect(await server.get('requests/r-9.json')).toMatchObject({
      status: 404,
      body: [{ code: 404 }],
    });
    expect(await server.get('requests/r-9.json', {})).toMatchObject({ status: 403 });
    expect(await server.get('requests.json', {})).toMatchObject({ status: 403 });
    expect(await server.get('nonsense')).toMatchObject({ status: 404, body: [{ code: 404 }] });
  });

  test('shows what the search says', async () => {
    await server.post(request);
    server.now += 100 * 24 * hour;
    await server.post({ ...request, service_code: 'street-light' });
    await city.move('i-00000002', 'rejected', server.now);
    const ids = async (query: Record<string, string>) =>
      ((await server.get('requests.json', { ...query, api_key: 'good' })).body as Ids).map(
        ({ service_request_id: id }) => id,
      );
    expect(await ids({})).toEqual(['r-00000002']);
    expect(await ids({ start_date: '2026-11-24T15:00:00+08:00' })).toEqual(['r-00000001']);
    expect(await ids({ service_request_id: 'r-00000001,r-00000002', status: 'open' })).toEqual([
      'r-00000002',
      'r-00000001',
    ]);
    expect(await ids({ status: 'open' })).toEqual([]);
    expect(await ids({ status: 'open,closed', service_code: 'street-light,fire' })).toEqual([
      'r-00000002',
    ]);
  });

  test.each([
    { field: 'start_date', query: { start_date: '2026-11-24' } },
    { field: 'status', query: { status: 'done' } },
    {
      field: 'end_date',
      query: { start_date: '2026-01-01T00:00:00Z', end_date: '2026-06-01T00:00:00Z' },
    },
  ])('answers 400 and names $field when it is not possible', async ({ field, query }) => {
    expect(
      await server.get('requests.json', { ...(query as object), api_key: 'good' }),
    ).toMatchObject({
      status: 400,
      body: [{ description: expect.stringContaining(`${field}: `) as string }],
    });
  });
});

type Ids = { service_request_id: string }[];
