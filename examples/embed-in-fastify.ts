import fastify from 'fastify';
import { kiln } from 'onnx-kiln/fastify';

// An app of one's own, in which the service is a part: its routes lie under /ml.
const [models = 'models/cifar10-deepcnn.onnx'] = process.argv.slice(2);
const app = fastify();

// Hooks of the app guard its parts: here everything asks for the password, /ml/classify as well.
app.addHook('onRequest', async (request, reply) => {
  if (request.headers.authorization !== `Bearer ${process.env.PASSWORD ?? 'open sesame'}`)
    return reply.code(401).send({ message: 'The password is missing.' });
});
app.get('/', async () => ({ message: 'POST a picture to /ml/classify.' }));
await app.register(kiln, { prefix: '/ml', models });

console.log(await app.listen({ port: Number(process.env.PORT ?? 3000) }));
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => app.close());
