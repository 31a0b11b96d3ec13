// New: each visitor is shown the product of another shelf.
import { products } from './1.0.0.mjs'

export const routes = {
  '/': (visitor) => ({ message: 'Welcome to the shop', featured: featured(visitor).name }),
  '/products': (visitor) => ({ products, featured: featured(visitor).name }),
}

const featured = (visitor) => products[visitor % products.length]
