// SPDX-License-Identifier: Apache-2.0
// The only fetch of the app.

/// A refusal by the node, or a failure to reach it: `status` 0 and code `unreachable`.
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message);
    this.name = 'ApiError';
  }
}

const base_path = '/api/v1';
const timeout_ms = 20_000;

async function error_of(response: Response): Promise<ApiError> {
  const text = await response.text();
  try {
    const parsed = JSON.parse(text) as { error?: { code?: string; message?: string } };
    if (parsed.error?.code) {
      return new ApiError(response.status, parsed.error.code, parsed.error.message ?? '');
    }
  } catch (cause) {
    // Not our node's form of an error (a proxy's page, say): the status alone must do.
    return new ApiError(response.status, 'unexpected_answer', String(cause));
  }
  return new ApiError(response.status, 'unexpected_answer', text.slice(0, 200));
}

async function send(path: string, init: RequestInit, signal?: AbortSignal): Promise<Response> {
  const signals = [AbortSignal.timeout(timeout_ms)];
  if (signal) signals.push(signal);
  let response: Response;
  try {
    response = await fetch(base_path + path, {
      ...init,
      credentials: 'same-origin',
      signal: AbortSignal.any(signals),
    });
  } catch (cause) {
    if (signal?.aborted) throw cause;
    throw new ApiError(0, 'unreachable', String(cause));
  }
  if (!response.ok) throw await error_of(response);
  return response;
}

export type Query = Record<string, string | number | null | undefined>;

function with_query(path: string, query: Query | undefined): string {
  if (!query) return path;
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== null && value !== undefined && value !== '') search.set(name, String(value));
  }
  const text = search.toString();
  return text ? `${path}?${text}` : path;
}

export async function get<T>(path: string, query?: Query, signal?: AbortSignal): Promise<T> {
  const response = await send(with_query(path, query), { method: 'GET' }, signal);
  return (await response.json()) as T;
}

export async function get_text(path: string, signal?: AbortSignal): Promise<string> {
  const response = await send(path, { method: 'GET' }, signal);
  return response.text();
}

export async function get_bytes(path: string, signal?: AbortSignal): Promise<Uint8Array> {
  const response = await send(path, { method: 'GET' }, signal);
  return new Uint8Array(await response.arrayBuffer());
}

export async function post<T>(path: string, body?: unknown): Promise<T> {
  const response = await send(path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'X-Salus': '1' },
    body: JSON.stringify(body ?? {}),
  });
  if (response.status === 204) return undefined as T;
  return (await response.json()) as T;
}

/// Where a file of the API is, for links with `download`.
export const file_address = (path: string): string => base_path + path;
