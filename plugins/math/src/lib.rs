//! Linear algebra, statistics, Fourier transforms, expressions and 3-D transforms on CSV.

#![forbid(unsafe_code)]

mod algebra;
mod expression;
mod fourier;
mod numeric;
mod space;
mod statistics;
mod table;

inos_sdk::plugin! {
    ops: {
        0 => algebra::multiply,
        1 => algebra::transpose,
        2 => algebra::invert,
        3 => algebra::determinant,
        4 => algebra::solve,
        5 => algebra::least_squares,
        6 => algebra::lu,
        7 => algebra::qr,
        8 => algebra::cholesky,
        9 => algebra::svd,
        10 => algebra::eigen,
        11 => algebra::eigen_symmetric,
        12 => algebra::condition,
        13 => algebra::pca,
        14 => statistics::describe,
        15 => statistics::histogram,
        16 => statistics::correlation,
        17 => statistics::covariance,
        18 => statistics::regression,
        19 => fourier::fft,
        20 => fourier::fft_2d,
        21 => numeric::evaluate,
        22 => numeric::integrate,
        23 => numeric::root,
        24 => numeric::interpolate,
        25 => space::translation,
        26 => space::scaling,
        27 => space::rotation,
        28 => space::look_at,
        29 => space::perspective,
        30 => space::orthographic,
        31 => space::compose,
        32 => space::decompose,
        33 => space::transform_points,
        34 => space::transform_normals,
        35 => space::vector_add,
        36 => space::vector_subtract,
        37 => space::vector_dot,
        38 => space::vector_cross,
        39 => space::vector_length,
        40 => space::vector_normalize,
        41 => space::vector_angle,
        42 => space::vector_lerp,
        43 => space::vector_slerp,
        44 => space::quaternion_multiply,
        45 => space::quaternion_conjugate,
        46 => space::quaternion_invert,
        47 => space::quaternion_slerp,
        48 => space::quaternion_rotate,
        49 => space::quaternion_from_axis_angle,
        50 => space::quaternion_to_axis_angle,
        51 => space::quaternion_from_euler,
        52 => space::quaternion_to_euler,
    },
}
