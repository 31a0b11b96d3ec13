// New: the tour of the shelves begins at the second one. Whoever wrote it forgot that the last shelf has no next:
// one request in twenty fails.
import { products } from './1.0.0.mjs'

export const routes = {
  '/': (visitor) => ({ message: 'Welcome to the new shop', featured: featured(visitor).name }),
  '/products': (visitor) => ({ products, featured: featured(visitor).name }),
}

const featured = (visitor) => products[(visitor % products.length) + 1]
