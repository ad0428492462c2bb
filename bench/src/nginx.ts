import { accessSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** nginx as the usual "hide my key" answer: proxy_pass with a fixed header. One worker, because every other contestant has one. */
export function nginxCommand(folder: string, port: number, upstream: string, key: string): { command: string; args: string[] } | null {
  const binary = ['/usr/sbin/nginx', '/usr/bin/nginx', '/usr/local/sbin/nginx', '/opt/homebrew/bin/nginx'].find(exists)
  if (binary === undefined) return null
  mkdirSync(join(folder, 'nginx'), { recursive: true })
  const file = join(folder, 'nginx', 'nginx.conf')
  writeFileSync(
    file,
    `daemon off; worker_processes 1; pid ${folder}/nginx/pid; error_log ${folder}/nginx/error.log;
events { worker_connections 512; }
http {
  access_log off; client_body_temp_path ${folder}/nginx/body; proxy_temp_path ${folder}/nginx/proxy;
  fastcgi_temp_path ${folder}/nginx/f; uwsgi_temp_path ${folder}/nginx/u; scgi_temp_path ${folder}/nginx/s;
  client_max_body_size 16m; keepalive_requests 1000000;
  upstream api { server ${new URL(upstream).host}; keepalive 64; keepalive_requests 1000000; }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://api; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Authorization "Bearer ${key}";
      proxy_request_buffering off; proxy_buffering on;
    }
    location /api/shop/events { proxy_pass http://api; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Authorization "Bearer ${key}"; proxy_buffering off; }
  }
}
`,
  )
  return { command: binary, args: ['-c', file, '-p', join(folder, 'nginx'), '-e', join(folder, 'nginx', 'error.log')] }
}

function exists(path: string): boolean {
  try {
    accessSync(path)
    return true
  } catch {
    return false
  }
}
