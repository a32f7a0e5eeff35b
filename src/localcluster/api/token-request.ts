// POST .../serviceaccounts/NAME/token: a bearer token for a service account (`kubectl create token`). It ends with the server.

import { randomBytes } from 'node:crypto';
import { asObject } from '../json-values.ts';
import { methodNotAllowed } from '../status.ts';
import type { Authenticator } from './auth.ts';
import type { HandlerContext } from './handler-context.ts';

const defaultSeconds = 3600;

export async function answerTokenRequest(
  { exchange, service, definition, nowMs }: HandlerContext,
  authenticator: Authenticator,
): Promise<void> {
  const { verb, namespace, name } = exchange.info;
  if (verb !== 'create') throw methodNotAllowed();
  service.get(definition, namespace, name);
  const request = await exchange.readObject();
  const seconds = Number(asObject(request.spec).expirationSeconds ?? defaultSeconds);
  const token = randomBytes(24).toString('base64url');
  authenticator.addUser(token, { user: `system:serviceaccount:${namespace}:${name}` });
  const expirationTimestamp = `${new Date(nowMs + seconds * 1000).toISOString().slice(0, 19)}Z`;
  exchange.send(201, { ...request, metadata: { name, namespace }, status: { token, expirationTimestamp } });
}
