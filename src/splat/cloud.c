#include <stillpoint/splat.h>

#include <stdlib.h>
#include <string.h>

#define LANES 16 // a row is a whole number of the widest vectors

static size_t round_up(size_t capacity)
{
    return capacity < LANES ? LANES : (capacity + LANES - 1) / LANES * LANES;
}

int sp_splat_cloud_init(sp_splat_cloud *out, size_t capacity, int sh_degree)
{
    if (sh_degree < 0 || sh_degree > SP_SH_DEGREE_MAX)
        return sp_error(SP_EINVAL, "a splat cloud's SH degree must be 0 to %d, not %d", SP_SH_DEGREE_MAX,
                        sh_degree);
    size_t rows = (size_t)sp_splat_rows(sh_degree);
    if (capacity > SIZE_MAX / 2 / sizeof(float) / rows)
        return sp_error(SP_ENOMEM, "no memory can hold %zu splats", capacity);
    capacity = round_up(capacity);
    float *data = sp_aligned_calloc(rows * capacity, sizeof *data);
    if (!data)
        return SP_ENOMEM;
    *out = (sp_splat_cloud){.capacity = capacity, .sh_degree = sh_degree, .data = data};
    return 0;
}

void sp_splat_cloud_free(sp_splat_cloud *cloud)
{
    if (!cloud)
        return;
    free(cloud->data);
    free(cloud->velocity);
    *cloud = (sp_splat_cloud){0};
}

int sp_splat_cloud_move(sp_splat_cloud *cloud)
{
    if (!cloud->velocity)
        cloud->velocity = sp_aligned_calloc(3 * cloud->capacity, sizeof *cloud->velocity);
    return cloud->velocity ? SP_OK : SP_ENOMEM;
}

// The first count splats of each row that both clouds have; velocities too, which to must have if from has
// them.
static void copy_rows(sp_splat_cloud *to, size_t offset, const sp_splat_cloud *from, size_t count)
{
    int rows = sp_splat_rows(to->sh_degree < from->sh_degree ? to->sh_degree : from->sh_degree);
    for (int row = 0; row < rows && count; row++)
        memcpy(sp_splat_row(to, row) + offset, sp_splat_row(from, row), count * sizeof(float));
    for (size_t axis = 0; axis < 3 && count && from->velocity; axis++)
        memcpy(to->velocity + axis * to->capacity + offset, from->velocity + axis * from->capacity,
               count * sizeof(float));
}

// An empty cloud with room, that moves if the other does.
static int init_like(sp_splat_cloud *out, size_t capacity, const sp_splat_cloud *like)
{
    sp_splat_cloud cloud;
    int rc = sp_splat_cloud_init(&cloud, capacity, like->sh_degree);
    if (!rc && like->velocity && (rc = sp_splat_cloud_move(&cloud)))
        sp_splat_cloud_free(&cloud);
    if (!rc)
        *out = cloud;
    return rc;
}

int sp_splat_cloud_copy(sp_splat_cloud *out, const sp_splat_cloud *from)
{
    sp_splat_cloud copy;
    int rc = init_like(&copy, from->count, from);
    if (rc)
        return rc;
    copy_rows(&copy, 0, from, from->count);
    copy.count = from->count;
    *out = copy;
    return 0;
}

int sp_splat_cloud_reserve(sp_splat_cloud *cloud, size_t capacity)
{
    if (capacity <= cloud->capacity)
        return 0;
    sp_splat_cloud larger;
    int rc = init_like(&larger, capacity, cloud);
    if (rc)
        return rc;
    copy_rows(&larger, 0, cloud, cloud->count);
    larger.count = cloud->count;
    sp_splat_cloud_free(cloud);
    *cloud = larger;
    return 0;
}

int sp_splat_cloud_append(sp_splat_cloud *cloud, const sp_splat_cloud *from)
{
    size_t added = from->count; // from may be cloud itself, whose count changes below
    if (added > SIZE_MAX - cloud->count)
        return sp_error(SP_ENOMEM, "no memory can hold %zu and %zu splats", cloud->count, added);
    if (cloud->count + added > cloud->capacity) {
        // Half as much again, so that appending piece by piece stays linear.
        size_t wanted = cloud->capacity + cloud->capacity / 2;
        int rc = sp_splat_cloud_reserve(cloud, wanted > cloud->count + added ? wanted : cloud->count + added);
        if (rc)
            return rc;
    }
    if (from->velocity) {
        int rc = sp_splat_cloud_move(cloud);
        if (rc)
            return rc;
    }
    copy_rows(cloud, cloud->count, from, added);
    cloud->count += added;
    return 0;
}

// Returns how many are left.
static size_t filter_row(float *values, size_t count, const uint8_t *keep)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (keep[i])
            values[kept++] = values[i];
    memset(values + kept, 0, (count - kept) * sizeof *values);
    return kept;
}

void sp_splat_cloud_filter(sp_splat_cloud *cloud, const uint8_t *keep)
{
    size_t kept = 0;
    for (size_t axis = 0; axis < 3 && cloud->velocity; axis++)
        filter_row(cloud->velocity + axis * cloud->capacity, cloud->count, keep);
    for (int row = 0; row < sp_splat_rows(cloud->sh_degree); row++)
        kept = filter_row(sp_splat_row(cloud, row), cloud->count, keep);
    cloud->count = kept;
}
