#include "flow.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK 1024
#define FIRST_DECAY 0.9
#define SECOND_DECAY 0.99
#define SHARE_DECAY 0.9f
#define SPREAD_ROUNDS 4

static size_t node_count(const recon_flow *f)
{
    return (size_t)f->size[0] * (size_t)f->size[1] * (size_t)f->size[2];
}

int recon_flow_init(recon_flow *out, const double low[3], const double high[3], double cell_m)
{
    recon_flow f = {.cell_m = cell_m};
    for (int i = 0; i < 3; i++) {
        f.origin[i] = low[i] - cell_m;
        f.size[i] = (int)ceil((high[i] - low[i]) / cell_m) + 3;
    }
    size_t n = node_count(&f);
    f.velocity = sp_calloc(3 * n, sizeof *f.velocity);
    f.gradient = sp_calloc(3 * n, sizeof *f.gradient);
    f.first = sp_calloc(3 * n, sizeof *f.first);
    f.share = sp_calloc(n, sizeof *f.share);
    f.scratch = sp_calloc(n, sizeof *f.scratch);
    if (!f.velocity || !f.gradient || !f.first || !f.share || !f.scratch) {
        recon_flow_free(&f);
        return SP_ENOMEM;
    }
    *out = f;
    return SP_OK;
}

void recon_flow_free(recon_flow *flow)
{
    free(flow->velocity);
    free(flow->gradient);
    free(flow->first);
    free(flow->share);
    free(flow->scratch);
    *flow = (recon_flow){0};
}

// The cell that holds a point: its first node, and the shares of its eight.
static size_t cell_of(float shares[8], const recon_flow *f, const double world[3])
{
    int node[3];
    float a[3];
    for (int k = 0; k < 3; k++) {
        double g = fmin(fmax((world[k] - f->origin[k]) / f->cell_m, 0), f->size[k] - 1.001);
        node[k] = (int)g;
        a[k] = (float)(g - node[k]);
    }
    for (int corner = 0; corner < 8; corner++) {
        shares[corner] = 1;
        for (int k = 0; k < 3; k++)
            shares[corner] *= corner >> k & 1 ? a[k] : 1 - a[k];
    }
    return ((size_t)node[2] * (size_t)f->size[1] + (size_t)node[1]) * (size_t)f->size[0] + (size_t)node[0];
}

static size_t cell_of_splat(float shares[8], const recon_flow *f, const sp_splat_cloud *cloud, size_t i)
{
    double at[3];
    for (int k = 0; k < 3; k++)
        at[k] = (double)sp_splat_row(cloud, SP_ROW_POSITION + k)[i];
    return cell_of(shares, f, at);
}

static size_t corner_of(const recon_flow *f, size_t first, int corner)
{
    size_t sx = (size_t)f->size[0], sxy = sx * (size_t)f->size[1];
    return first + (corner & 1 ? 1 : 0) + (corner & 2 ? sx : 0) + (corner & 4 ? sxy : 0);
}

void recon_flow_at(double velocity[3], const recon_flow *f, const double world[3])
{
    float shares[8];
    size_t n = node_count(f), first = cell_of(shares, f, world);
    for (size_t k = 0; k < 3; k++) {
        velocity[k] = 0;
        for (int corner = 0; corner < 8; corner++)
            velocity[k] += (double)(shares[corner] * f->velocity[k * n + corner_of(f, first, corner)]);
    }
}

double recon_flow_fastest(const recon_flow *f)
{
    double fastest = 0;
    size_t n = node_count(f);
    for (size_t i = 0; i < n; i++) {
        double x = (double)f->velocity[i], y = (double)f->velocity[n + i], z = (double)f->velocity[2 * n + i];
        fastest = fmax(fastest, sqrt(x * x + y * y + z * z));
    }
    return fastest;
}

typedef struct sample_job {
    sp_splat_cloud *cloud;
    const recon_flow *flow;
} sample_job;

static void sample_chunk(void *context, int64_t index, int worker)
{
    (void)worker;
    const sample_job *job = context;
    size_t begin = (size_t)index * CHUNK, end = begin + CHUNK, n = node_count(job->flow);
    end = end < job->cloud->count ? end : job->cloud->count;
    for (size_t i = begin; i < end; i++) {
        float shares[8], sum[3] = {0};
        size_t first = cell_of_splat(shares, job->flow, job->cloud, i);
        for (int corner = 0; corner < 8; corner++)
            for (size_t k = 0; k < 3; k++)
                sum[k] += shares[corner] * job->flow->velocity[k * n + corner_of(job->flow, first, corner)];
        for (size_t k = 0; k < 3; k++)
            job->cloud->velocity[k * job->cloud->capacity + i] = sum[k];
    }
}

void recon_flow_sample(sp_splat_cloud *cloud, const recon_flow *flow, sp_pool *pool)
{
    sample_job job = {cloud, flow};
    sp_pool_run(pool, ((int64_t)cloud->count + CHUNK - 1) / CHUNK, sample_chunk, &job);
}

void recon_flow_follow(recon_flow *f, const sp_splat_cloud *cloud, const double drift[3], double dt_s)
{
    size_t n = node_count(f);
    for (size_t i = 0; i < cloud->count; i++) {
        float shares[8];
        double at[3], velocity[3];
        for (size_t k = 0; k < 3; k++) {
            velocity[k] = (double)cloud->velocity[k * cloud->capacity + i];
            at[k] = (double)sp_splat_row(cloud, SP_ROW_POSITION + (int)k)[i] + dt_s * velocity[k];
        }
        size_t first = cell_of(shares, f, at);
        for (int corner = 0; corner < 8; corner++) {
            size_t node = corner_of(f, first, corner);
            f->share[node] += shares[corner];
            for (size_t k = 0; k < 3; k++)
                f->velocity[k * n + node] += shares[corner] * (float)(velocity[k] - drift[k]);
        }
    }
    for (size_t k = 0; k < 3 * n; k++)
        if (f->share[k % n] > 0)
            f->velocity[k] /= f->share[k % n];
}

void recon_flow_gather(recon_flow *f, const sp_splat_cloud *cloud, const sp_splat_cloud *gradient,
                       double dt_s)
{
    size_t n = node_count(f);
    for (size_t i = 0; i < cloud->count; i++) {
        float shares[8], d[3];
        size_t first = cell_of_splat(shares, f, cloud, i);
        for (int k = 0; k < 3; k++)
            d[k] = (float)dt_s * sp_splat_row(gradient, SP_ROW_POSITION + k)[i];
        for (int corner = 0; corner < 8; corner++) {
            size_t node = corner_of(f, first, corner);
            f->share[node] += shares[corner];
            for (size_t k = 0; k < 3; k++)
                f->gradient[k * n + node] += shares[corner] * d[k];
        }
    }
}

// Each node towards the mean of itself and its six neighbours, by the splats that they have.
static void smooth(recon_flow *f, float *plane, double smoothing)
{
    size_t n = node_count(f), sx = (size_t)f->size[0], sxy = sx * (size_t)f->size[1];
    const size_t steps[3] = {1, sx, sxy};
    memcpy(f->scratch, plane, n * sizeof *plane);
    for (size_t i = 0; i < n; i++) {
        const size_t at[3] = {i % sx, i / sx % (size_t)f->size[1], i / sxy};
        float sum = f->share[i] * f->scratch[i], total = f->share[i];
        for (int k = 0; k < 3; k++)
            for (int side = 0; side < 2; side++) {
                if (side ? at[k] + 1 >= (size_t)f->size[k] : at[k] == 0)
                    continue;
                size_t next = side ? i + steps[k] : i - steps[k];
                sum += f->share[next] * f->scratch[next];
                total += f->share[next];
            }
        if (total > 0)
            plane[i] += (float)smoothing * (sum / total - f->scratch[i]);
    }
}

void recon_flow_step(recon_flow *f, double rate, double smoothing)
{
    size_t n = node_count(f), held = 0;
    double square = 0;
    for (size_t k = 0; k < 3 * n; k++) {
        f->first[k] = (float)(FIRST_DECAY * (double)f->first[k] + (1 - FIRST_DECAY) * (double)f->gradient[k]);
        square += (double)f->gradient[k] * (double)f->gradient[k];
        held += f->share[k % n] > 0;
        f->gradient[k] = 0;
    }
    f->age++;
    f->second = SECOND_DECAY * f->second + (1 - SECOND_DECAY) * square / (double)(held ? held : 1);
    double first_weight = 1 - pow(FIRST_DECAY, f->age), second_weight = 1 - pow(SECOND_DECAY, f->age);
    double step = rate / first_weight / (sqrt(f->second / second_weight) + 1e-20);
    for (size_t k = 0; k < 3 * n; k++)
        f->velocity[k] -= (float)(step * (double)f->first[k]);
    for (size_t k = 0; k < 3; k++)
        smooth(f, f->velocity + k * n, smoothing);
    for (size_t i = 0; i < n; i++)
        f->share[i] *= SHARE_DECAY;
}

void recon_flow_spread(recon_flow *f)
{
    size_t n = node_count(f), sx = (size_t)f->size[0], sxy = sx * (size_t)f->size[1];
    const size_t steps[3] = {1, sx, sxy};
    for (int round = 0; round < SPREAD_ROUNDS; round++) {
        memcpy(f->scratch, f->share, n * sizeof *f->share);
        for (size_t i = 0; i < n; i++) {
            const size_t at[3] = {i % sx, i / sx % (size_t)f->size[1], i / sxy};
            float sum[3] = {0};
            int known = 0;
            for (int k = 0; k < 3 && f->scratch[i] <= 0; k++)
                for (int side = 0; side < 2; side++) {
                    if (side ? at[k] + 1 >= (size_t)f->size[k] : at[k] == 0)
                        continue;
                    size_t next = side ? i + steps[k] : i - steps[k];
                    if (f->scratch[next] <= 0)
                        continue;
                    known++;
                    for (size_t c = 0; c < 3; c++)
                        sum[c] += f->velocity[c * n + next];
                }
            for (size_t c = 0; known && c < 3; c++)
                f->velocity[c * n + i] = sum[c] / (float)known;
            f->share[i] += known ? 1e-6f : 0;
        }
    }
}
