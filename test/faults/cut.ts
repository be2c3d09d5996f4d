import { once } from 'node:events';
import { connect } from 'node:net';
import { generate } from 'mqtt-packet';
import { none, type Figures } from './figures.ts';
import { suffer } from './load.ts';
import type { Place } from './place.ts';

/** Sockets cut in the middle of a CONNECT and of a PUBLISH, by a reset too: half a message is none. */
export async function cutMidPacket(figures: Figures, place: Place): Promise<void> {
  const name = 'sockets cut mid-packet';
  await place.server.device('bin-cut', { kind: 'bin', lat: -10.17, lon: 123.6 });
  const { body } = await place.server.api<{ token: string }>(
    'POST',
    '/api/v1/devices/bin-cut/token',
  );
  await suffer(figures, place, {
    name,
    begin: async () => {
      for (let round = 0; round < 50; round++) await cut(place, body.token, round);
    },
    seen: undefined,
    end: async () => undefined,
  });
  const path = '/api/v1/devices?limit=500';
  figures.add(
    `${name}: half messages kept`,
    'messages',
    place.sink.missing(['bin-cut 1']) - 1,
    none,
  );
  const { status } = await place.server.api('GET', path);
  if (status !== 200) throw new Error(`${path} answers ${status}`);
}

async function cut(place: Place, token: string, round: number): Promise<void> {
  const connecting = generate({
    cmd: 'connect',
    protocolId: 'MQTT',
    protocolVersion: 4,
    clean: true,
    clientId: 'bin-cut',
    keepalive: 0,
    username: 'bin-cut',
    password: Buffer.from(token),
  });
  const publish = generate({
    cmd: 'publish',
    topic: 'city/v1/kupang/bin/bin-cut/telemetry',
    payload: '{"boot":1,"seq":1,"values":{"distance":1,"weight":0}}',
    qos: 1,
    messageId: 1,
    dup: false,
    retain: false,
  });
  const { port, hostname } = new URL(place.server.mqtt);
  const socket = connect(Number(port), hostname).on('error', () => undefined);
  await once(socket, 'connect');
  if (round % 2 === 0) {
    socket.write(connecting.subarray(0, 1 + (round % (connecting.length - 1))));
  } else {
    socket.write(connecting);
    await once(socket, 'data');
    socket.write(publish.subarray(0, 1 + (round % (publish.length - 1))));
  }
  await new Promise((written) => socket.write('', written));
  if (round % 3 === 0) socket.resetAndDestroy();
  else socket.destroy();
}
