# Tidegate's worker. The same Node as the repository's own pin (package.json, devDependencies).
FROM node:24.21.0-bookworm-slim AS build
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci
COPY tsconfig.json tsconfig.build.json ./
COPY src ./src
COPY worker ./worker
COPY tools ./tools
RUN npm run build && npm prune --omit=dev

FROM node:24.21.0-bookworm-slim
# The Temporal SDK's native core reads the system's certificates for TLS.
RUN apt-get update \
  && apt-get install --yes --no-install-recommends ca-certificates \
  && rm -rf /var/lib/apt/lists/* \
  && install --directory --owner=node --group=node /var/lib/tidegate
ENV NODE_ENV=production TIDEGATE_HOME=/var/lib/tidegate
WORKDIR /opt/tidegate
COPY --from=build /build/package.json ./
COPY --from=build /build/node_modules ./node_modules
COPY --from=build /build/dist ./dist
# What is shipped belongs to root and is read only for the user that runs it.
USER node
CMD ["node", "dist/worker/main.js"]
