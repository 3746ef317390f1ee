// PCG32, "PCG: A Family of Simple Fast Space-Efficient Statistically Good Algorithms for Random Number
// Generation", M. E. O'Neill, 2014: the variant XSH-RR with 64 bits of state.
#include <stillpoint/base.h>

#include <math.h>

uint32_t sp_rng_u32(sp_rng *rng)
{
    uint64_t old = rng->state;
    rng->state = old * 6364136223846793005u + rng->stream;
    uint32_t mixed = (uint32_t)(((old >> 18) ^ old) >> 27);
    uint32_t turn = (uint32_t)(old >> 59);
    return mixed >> turn | mixed << (-turn & 31);
}

sp_rng sp_rng_seed(uint64_t seed, uint64_t stream)
{
    sp_rng rng = {0, stream << 1 | 1}; // the increment has to be odd for the full period
    sp_rng_u32(&rng);
    rng.state += seed;
    sp_rng_u32(&rng);
    return rng;
}

double sp_rng_uniform(sp_rng *rng)
{
    uint64_t high = sp_rng_u32(rng);
    uint64_t bits = high << 32 | sp_rng_u32(rng);
    return (double)(bits >> 11) * 0x1p-53;
}

// Box and Muller 1958. The second value of the pair is given up, so that the generator has no hidden state.
double sp_rng_normal(sp_rng *rng)
{
    double radius = sqrt(-2 * log(1 - sp_rng_uniform(rng)));
    return radius * cos(6.283185307179586 * sp_rng_uniform(rng));
}
