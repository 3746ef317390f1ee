// Rows of four blocks for vectors that are not as long as a cache line.

// Four blocks side by side; there is no way past the cache.
static inline void v_store_rows4(float *p, size_t stride, f16 a, f16 b, f16 c, f16 d, bool past_cache)
{
    (void)past_cache;
    v_store_rows(p, stride, a);
    v_store_rows(p + 4, stride, b);
    v_store_rows(p + 8, stride, c);
    v_store_rows(p + 12, stride, d);
}
static inline void v_stores_done(void) {}
