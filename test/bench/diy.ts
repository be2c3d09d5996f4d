/*
 * What people build in an afternoon, as the peer: mosquitto as it comes, and this process behind it
 * with mqtt.js (QoS 1), zod, a threshold rule with hysteresis and the InfluxDB client's WriteApi.
 * `node diy.ts MQTT_URL INFLUX_URL`; prints a line when it is subscribed and obeys SIGTERM.
 */
import { InfluxDB, Point } from '@influxdata/influxdb-client';
import { connectAsync } from 'mqtt';
import { z } from 'zod';

const [mqttUrl = '', influxUrl = ''] = process.argv.slice(2);

const message = z.object({
  v: z.literal(1),
  ts: z.number(),
  boot: z.number().int(),
  seq: z.number().int(),
  values: z.record(z.string(), z.union([z.number(), z.boolean(), z.string()])),
});

/** Metric, above what it is a breach, below what it is over. */
const thresholds = [
  ['fill_level', 85, 60],
  ['temperature', 70, 45],
] as const;
const firing = new Set<string>();

const api = new InfluxDB({ url: influxUrl, token: '' }).getWriteApi('', 'siaga', 'ns', {
  batchSize: 5_000,
  flushInterval: 500,
});

const client = await connectAsync(mqttUrl, { clientId: 'consumer', clean: true });
client.on('message', (topic, payload) => {
  const [, , , kind = '', device = ''] = topic.split('/');
  const parsed = message.safeParse(JSON.parse(payload.toString()));
  if (!parsed.success) return;
  const { ts, seq, values } = parsed.data;
  for (const [metric, above, clear] of thresholds)
    judge(`${device}/${metric}`, values[metric], above, clear);
  const point = new Point(kind).tag('asset', device);
  for (const [name, value] of Object.entries(values)) {
    if (typeof value === 'string') point.stringField(name, value);
    else point.floatField(name, Number(value));
  }
  point.timestamp(`${ts}${String(seq % 1_000_000).padStart(6, '0')}`);
  api.writePoint(point);
});
await client.subscribeAsync('city/#', { qos: 1 });
process.stdout.write('ready\n');
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => {
  void Promise.allSettled([client.endAsync(), api.close()]).then(() => process.exit(0));
});

function judge(key: string, value: unknown, above: number, clear: number): void {
  if (typeof value !== 'number') return;
  if (value > above) firing.add(key);
  else if (value < clear) firing.delete(key);
}
