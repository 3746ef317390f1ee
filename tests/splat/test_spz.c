// SPZ files: bytes built by hand from the format's description, round trips within the quantisation.
#include "helpers.h"

#include <zlib.h>
#include <zstd.h>

static byte_buffer raw, file;

// One splat, in the file's axes: at (1.5, -2, 0.25), x up there is right here, and so on. The quaternion is a
// turn by 60 degrees about the file's y: (w, x, y, z) = (0.866, 0, 0.5, 0).
static void build_header(int version, int count, int degree)
{
    put_le(&raw, 0x5053474e, 4);
    put_le(&raw, (uint64_t)version, 4);
    put_le(&raw, (uint64_t)count, 4);
    put_le(&raw, (uint64_t)degree, 1);
    put_le(&raw, 12, 1);
    put_le(&raw, 0, 2);
}

// Returns the sizes of the six arrays.
static void build_arrays(size_t sizes[6], int version, int degree)
{
    size_t start = raw.size;
    put_le(&raw, 6144, 3);     // 1.5 * 4096
    put_le(&raw, 0xFFE000, 3); // -2 * 4096
    put_le(&raw, 1024, 3);     // 0.25 * 4096
    sizes[0] = raw.size - start, start = raw.size;
    put_le(&raw, 191, 1);
    sizes[1] = raw.size - start, start = raw.size;
    put_le(&raw, 255, 1), put_le(&raw, 0, 1), put_le(&raw, 128, 1);
    sizes[2] = raw.size - start, start = raw.size;
    put_le(&raw, 96, 1), put_le(&raw, 160, 1), put_le(&raw, 0, 1); // ln s: -4, 0, -10
    sizes[3] = raw.size - start, start = raw.size;
    if (version == 2) {
        put_le(&raw, 128, 1), put_le(&raw, 191, 1), put_le(&raw, 127, 1);
    } else {
        // Largest is w (3); x, y, z follow: y = 0.5 * sqrt 2 * 511 = 361.
        put_le(&raw, 3u << 30 | 361u << 10, 4);
    }
    sizes[4] = raw.size - start, start = raw.size;
    for (int k = 0; k < 3 * ((degree + 1) * (degree + 1) - 1); k++)
        put_le(&raw, k < 9 ? (uint64_t)(64 + 16 * k) : 128, 1);
    sizes[5] = raw.size - start;
}

static void gzip_raw(void)
{
    z_stream stream = {0};
    assert_int_equal(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    stream.next_in = raw.data;
    stream.avail_in = (uInt)raw.size;
    stream.next_out = file.data;
    stream.avail_out = sizeof file.data;
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    file.size = stream.total_out;
    deflateEnd(&stream);
}

static void build_old(int version, int degree)
{
    size_t sizes[6];
    raw.size = file.size = 0;
    build_header(version, 1, degree);
    build_arrays(sizes, version, degree);
    gzip_raw();
}

// Plain header, one extension record, table of contents, streams.
static void build_v4(int degree)
{
    size_t sizes[6], at = 0;
    raw.size = file.size = 0;
    build_arrays(sizes, 4, degree);
    int streams = degree ? 6 : 5;
    put_le(&file, 0x5053474e, 4), put_le(&file, 4, 4), put_le(&file, 1, 4);
    put_le(&file, (uint64_t)degree, 1), put_le(&file, 12, 1), put_le(&file, 2, 1),
        put_le(&file, (uint64_t)streams, 1);
    put_le(&file, 32 + 12, 4), put_le(&file, 0, 8), put_le(&file, 0, 4);
    put_le(&file, 0xADBE0002, 4), put_le(&file, 4, 4), put_le(&file, 0, 4);
    static uint8_t packed[6][1024];
    size_t packed_sizes[6];
    for (int k = 0; k < streams; k++) {
        packed_sizes[k] = ZSTD_compress(packed[k], sizeof packed[k], raw.data + at, sizes[k], 12);
        assert_false(ZSTD_isError(packed_sizes[k]));
        at += sizes[k];
        put_le(&file, packed_sizes[k], 8), put_le(&file, sizes[k], 8);
    }
    for (int k = 0; k < streams; k++)
        put(&file, packed[k], packed_sizes[k]);
}

static double value(const sp_splat_cloud *cloud, int row)
{
    return (double)sp_splat_row(cloud, row)[0];
}

// The file's (x, y, z) is our (x, -z, y).
static void check_by_hand(int version, int degree)
{
    sp_splat_cloud cloud;
    assert_ok(sp_splat_decode(&cloud, file.data, file.size, "hand.spz"));
    assert_int_equal(cloud.count, 1);
    assert_int_equal(cloud.sh_degree, degree > 3 ? 3 : degree);
    assert_float_equal(value(&cloud, 0), 1.5, 0);
    assert_float_equal(value(&cloud, 1), -0.25, 0);
    assert_float_equal(value(&cloud, 2), -2, 0);
    assert_float_equal(1 / (1 + exp(-value(&cloud, SP_ROW_OPACITY))), 191 / 255.0, 1e-6);
    assert_float_equal(value(&cloud, SP_ROW_SH), 0.5 / 0.15, 1e-6);
    assert_float_equal(value(&cloud, SP_ROW_SH + 1), -0.5 / 0.15, 1e-6);
    assert_float_equal(value(&cloud, SP_ROW_SH + 2), (128 / 255.0 - 0.5) / 0.15, 1e-6);
    const double scales[3] = {-4, 0, -10};
    for (int k = 0; k < 3; k++)
        assert_float_equal(value(&cloud, SP_ROW_LOG_SCALE + k), scales[k], 0);
    // About the file's y is about our z; the axes themselves turn by +90 degrees about x.
    sp_quat turned = {value(&cloud, 6), value(&cloud, 7), value(&cloud, 8), value(&cloud, 9)};
    sp_mat3 axes = sp_quat_to_m3(turned);
    sp_mat3 world_from_file = {{1, 0, 0, 0, 0, -1, 0, 1, 0}};
    sp_mat3 expected = sp_m3_mul(sp_rodrigues_to_m3(sp_v3(0, 0, M_PI / 3)), world_from_file);
    for (int k = 0; k < 9; k++)
        assert_float_equal(axes.m[k], expected.m[k], version == 2 ? 0.015 : 0.003);
    // Degree 1 is a vector (-b3, -b1, b2): the file's coefficients are b1, b2, b3 of r, g, b.
    for (int channel = 0; degree > 0 && channel < 3; channel++) {
        double b[3];
        for (int k = 0; k < 3; k++)
            b[k] = (64 + 16 * (3 * k + channel) - 128) / 128.0;
        sp_vec3 there = sp_v3(-b[2], -b[0], b[1]);
        sp_vec3 here = sp_v3(there.x, -there.z, there.y);
        assert_float_equal(value(&cloud, SP_ROW_SH + 3 + channel), -here.y, 1e-6);
        assert_float_equal(value(&cloud, SP_ROW_SH + 6 + channel), here.z, 1e-6);
        assert_float_equal(value(&cloud, SP_ROW_SH + 9 + channel), -here.x, 1e-6);
    }
    sp_splat_cloud_free(&cloud);
}

static void test_by_hand(void **state)
{
    (void)state;
    for (int degree = 0; degree <= 4; degree++) {
        build_old(2, degree);
        check_by_hand(2, degree);
        build_old(3, degree);
        check_by_hand(3, degree);
        build_v4(degree);
        check_by_hand(4, degree);
    }
}

static void test_cut_anywhere(void **state)
{
    (void)state;
    sp_splat_cloud cloud;
    for (int version = 2; version <= 4; version++) {
        if (version == 4)
            build_v4(3);
        else
            build_old(version, 3);
        // Gzip's own trailer of eight bytes may be missing: everything that counts came before it.
        size_t needed = version == 4 ? file.size : file.size - 12;
        for (size_t size = 0; size < needed; size++) {
            assert_int_equal(sp_splat_decode(&cloud, file.data, size, "cut.spz"), SP_EFORMAT);
            assert_non_null(strstr(sp_error_text(), "cut.spz"));
        }
    }
}

static void check_refused(const char *mention)
{
    sp_splat_cloud cloud;
    assert_int_equal(sp_splat_decode(&cloud, file.data, file.size, "bad.spz"), SP_EFORMAT);
    if (!strstr(sp_error_text(), mention))
        fail_msg("\"%s\" does not mention \"%s\"", sp_error_text(), mention);
}

static void test_bad_headers(void **state)
{
    (void)state;
    const struct {
        int version, count, degree;
        const char *mention;
    } cases[] = {{1, 1, 0, "version 1"},
                 {5, 1, 0, "version 5"},
                 {4, 1, 0, "gzip"},
                 {3, 1, 5, "shDegree"},
                 {3, 2000000000, 3, "2000000000 splats"},
                 {3, 2, 0, "could be unpacked"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t sizes[6];
        raw.size = 0;
        build_header(cases[i].version, cases[i].count, cases[i].degree);
        build_arrays(sizes, 3, 0);
        gzip_raw();
        check_refused(cases[i].mention);
    }
    raw.size = 0;
    put_text(&raw, "sixteen and more bytes of text");
    gzip_raw();
    check_refused("no SPZ");
    build_v4(1);
    file.data[8] = 0xFF, file.data[9] = 0xFF, file.data[11] = 0x7F;
    check_refused("splats");
    build_v4(1);
    file.data[17] = 0xFF;
    check_refused("table of contents");
    build_v4(1);
    file.data[44 + 8] = 10;
    check_refused("stream 0");
    build_v4(1);
    file.data[4] = 3;
    check_refused("gzip");
}

// What one step of the format's quantisation moves, and the turn of the axes forth and back.
static void check_round_trip(const sp_splat_cloud *cloud, const sp_splat_cloud *back, double position_step)
{
    assert_int_equal(back->count, cloud->count);
    assert_int_equal(back->sh_degree, cloud->sh_degree);
    for (size_t i = 0; i < cloud->count; i++) {
        double a[59], b[59];
        for (int row = 0; row < sp_splat_rows(cloud->sh_degree); row++) {
            a[row] = (double)sp_splat_row(cloud, row)[i];
            b[row] = (double)sp_splat_row(back, row)[i];
        }
        for (int k = 0; k < 3; k++) {
            assert_float_equal(b[k], a[k], 0.5 * position_step + 1e-5);
            assert_float_equal(b[SP_ROW_LOG_SCALE + k], a[SP_ROW_LOG_SCALE + k], 0.5 / 16 + 1e-6);
            assert_float_equal(b[SP_ROW_SH + k], a[SP_ROW_SH + k], 0.5 / 255 / 0.15 + 1e-6);
        }
        assert_float_equal(1 / (1 + exp(-b[SP_ROW_OPACITY])), 1 / (1 + exp(-a[SP_ROW_OPACITY])),
                           0.5 / 255 + 1e-6);
        sp_mat3 ra = sp_quat_to_m3((sp_quat){a[6], a[7], a[8], a[9]});
        sp_mat3 rb = sp_quat_to_m3((sp_quat){b[6], b[7], b[8], b[9]});
        for (int k = 0; k < 9; k++)
            assert_float_equal(rb.m[k], ra.m[k], 0.006);
    }
}

static void test_round_trip(void **state)
{
    (void)state;
    char *folder = support_folder();
    char *path = sp_path_join(folder, "cloud.spz");
    for (int degree = 0; degree <= 3; degree++) {
        sp_splat_cloud cloud = random_cloud(300, degree, 40 + (uint64_t)degree), back;
        // The format holds -1..1: a length below that stays inside however the axes turn.
        for (int row = SP_ROW_SH + 3; row < sp_splat_rows(degree); row++)
            for (size_t i = 0; i < cloud.count; i++)
                sp_splat_row(&cloud, row)[i] *= 0.35f;
        assert_ok(sp_splat_save(&cloud, path));
        assert_ok(sp_splat_load(&back, path));
        check_round_trip(&cloud, &back, 1 / 4096.0);
        // A turn keeps the length of each degree's coefficients, and so of their errors: five bits a
        // coefficient (steps of 1/16) in degree 1, four (1/8) above.
        for (int l = 1; l <= degree; l++)
            for (size_t i = 0; i < cloud.count; i++) {
                double squares = 0;
                for (int row = SP_ROW_SH + 3 * l * l; row < SP_ROW_SH + 3 * (l + 1) * (l + 1); row++) {
                    double d = (double)sp_splat_row(&cloud, row)[i] - (double)sp_splat_row(&back, row)[i];
                    squares += d * d;
                }
                double step = l == 1 ? 1.0 / 16 : 1.0 / 8;
                assert_true(squares <= 3 * (2 * l + 1) * 0.25 * step * step * 1.01);
            }
        sp_splat_cloud_free(&cloud);
        sp_splat_cloud_free(&back);
    }
    free(path);
    support_folder_end(folder);
}

// A venue wider than 12 fractional bits allow gives up precision instead of places.
static void test_wide_clouds(void **state)
{
    (void)state;
    char *folder = support_folder();
    char *path = sp_path_join(folder, "cloud.spz");
    sp_splat_cloud cloud = random_cloud(50, 0, 3), back;
    sp_splat_row(&cloud, 1)[7] = -5000;
    assert_ok(sp_splat_save(&cloud, path));
    assert_ok(sp_splat_load(&back, path));
    check_round_trip(&cloud, &back, 1 / 1024.0);
    sp_splat_cloud_free(&back);
    sp_splat_row(&cloud, 1)[7] = 1e9f;
    assert_int_equal(sp_splat_save(&cloud, path), SP_EINVAL);
    sp_splat_cloud_free(&cloud);
    free(path);
    support_folder_end(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_by_hand),     cmocka_unit_test(test_cut_anywhere),
        cmocka_unit_test(test_bad_headers), cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_wide_clouds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
