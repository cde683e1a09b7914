//! Transforms of 3-D space, vectors and quaternions. Matrices act on columns and are written row
//! after row; quaternions are x, y, z, w; angles are degrees.

use glam::{DMat4, DQuat, DVec3, DVec4, EulerRot};
use inos_math_linear::Matrix;
use inos_sdk::{Call, Error};

use crate::table::{matrix, rows_of, write};

const EULER: [EulerRot; 6] = [
    EulerRot::XYZ,
    EulerRot::XZY,
    EulerRot::YXZ,
    EulerRot::YZX,
    EulerRot::ZXY,
    EulerRot::ZYX,
];

/// Rows between two looks at whether the job shall stop.
const ROWS_A_LOOK: usize = 4096;

fn vec3(r: &[f64]) -> DVec3 {
    DVec3::new(r[0], r[1], r[2])
}

fn three(call: &Call, first: u32) -> Result<DVec3, Error> {
    let p = call.params();
    Ok(DVec3::new(
        p.number(first)?,
        p.number(first + 1)?,
        p.number(first + 2)?,
    ))
}

fn plain(m: DMat4) -> Matrix {
    Matrix::from_fn(4, 4, |i, j| m.col(j)[i])
}

fn from_rows(r: &[f64]) -> DMat4 {
    let row = |i: usize| DVec4::new(r[i], r[i + 1], r[i + 2], r[i + 3]);
    DMat4::from_cols(row(0), row(4), row(8), row(12)).transpose()
}

fn unit(v: DVec3, name: &str) -> Result<DVec3, Error> {
    v.try_normalize()
        .ok_or_else(|| Error::invalid(format!("{name} has no direction")))
}

fn unit_quaternion(r: &[f64], row: usize, what: &str) -> Result<DQuat, Error> {
    let v = DVec4::new(r[0], r[1], r[2], r[3]);
    let unit = v
        .try_normalize()
        .ok_or_else(|| Error::invalid(format!("row {row} of {what} has no quaternion but 0")))?;
    Ok(DQuat::from_vec4(unit))
}

/// Makes a row of each row. Rows are numbered from 1 in messages.
fn each(
    call: &Call,
    m: &Matrix,
    columns: usize,
    mut f: impl FnMut(&[f64], usize, &mut Vec<f64>) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut out = Matrix {
        rows: m.rows,
        columns,
        values: Vec::with_capacity(m.rows * columns),
    };
    for (i, row) in m.values.chunks(m.columns).enumerate() {
        if i % ROWS_A_LOOK == 0 {
            call.progress(i as u64, m.rows as u64)?;
        }
        f(row, i + 1, &mut out.values)?;
    }
    write(call, 0, &out)
}

/// The row of b that belongs to row `row` of a: a single one belongs to all.
fn partner(b: &Matrix, row: usize) -> &[f64] {
    let at = if b.rows == 1 { 0 } else { row - 1 };
    &b.values[at * b.columns..(at + 1) * b.columns]
}

fn paired(a: &Matrix, b: &Matrix) -> Result<(), Error> {
    if b.rows == 1 || a.rows == b.rows {
        Ok(())
    } else {
        Err(Error::invalid(format!(
            "a has {} rows, b has {}: as many or 1 fit",
            a.rows, b.rows
        )))
    }
}

pub(crate) fn translation(call: &mut Call) -> Result<(), Error> {
    write(call, 0, &plain(DMat4::from_translation(three(call, 0)?)))
}

pub(crate) fn scaling(call: &mut Call) -> Result<(), Error> {
    write(call, 0, &plain(DMat4::from_scale(three(call, 0)?)))
}

pub(crate) fn rotation(call: &mut Call) -> Result<(), Error> {
    let axis = unit(three(call, 0)?, "the axis")?;
    write(
        call,
        0,
        &plain(DMat4::from_axis_angle(
            axis,
            call.params().number(3)?.to_radians(),
        )),
    )
}

pub(crate) fn look_at(call: &mut Call) -> Result<(), Error> {
    let (eye, target, up) = (three(call, 0)?, three(call, 3)?, three(call, 6)?);
    let forward = unit(target - eye, "the way from eye to target")?;
    let side = unit(
        forward.cross(unit(up, "up")?),
        "up beside the way to the target",
    )?;
    let up = side.cross(forward);
    let rows = [side, up, -forward].map(|r| r.extend(-r.dot(eye)));
    write(
        call,
        0,
        &plain(DMat4::from_cols(rows[0], rows[1], rows[2], DVec4::W).transpose()),
    )
}

pub(crate) fn perspective(call: &mut Call) -> Result<(), Error> {
    let p = call.params();
    let (angle, aspect, near, far) = (
        p.number(0)?.to_radians(),
        p.number(1)?,
        p.number(2)?,
        p.number(3)?,
    );
    if far <= near {
        return Err(Error::invalid(format!(
            "far is {far}, not beyond near, which is {near}"
        )));
    }
    let scale = 1.0 / (angle / 2.0).tan();
    let zero_to_one = p.choice(4)? == 0;
    let (a, b) = if zero_to_one {
        (far / (near - far), near * far / (near - far))
    } else {
        ((far + near) / (near - far), 2.0 * near * far / (near - far))
    };
    let mut m = Matrix::from_fn(4, 4, |_, _| 0.0);
    for (at, value) in [
        (0, scale / aspect),
        (5, scale),
        (10, a),
        (11, b),
        (14, -1.0),
    ] {
        m.values[at] = value;
    }
    write(call, 0, &m)
}

pub(crate) fn orthographic(call: &mut Call) -> Result<(), Error> {
    let p = call.params();
    let (left, right, bottom) = (p.number(0)?, p.number(1)?, p.number(2)?);
    let (top, near, far) = (p.number(3)?, p.number(4)?, p.number(5)?);
    for (name, low, high) in [
        ("right equals left", left, right),
        ("top equals bottom", bottom, top),
        ("far equals near", near, far),
    ] {
        if low == high {
            return Err(Error::invalid(name));
        }
    }
    let (a, b) = if p.choice(6)? == 0 {
        (1.0, near)
    } else {
        (2.0, far + near)
    };
    let mut m = Matrix::from_fn(4, 4, |i, j| if i == 3 && j == 3 { 1.0 } else { 0.0 });
    let (width, height, depth) = (right - left, top - bottom, far - near);
    for (at, value) in [
        (0, 2.0 / width),
        (3, -(right + left) / width),
        (5, 2.0 / height),
        (7, -(top + bottom) / height),
        (10, -a / depth),
        (11, -b / depth),
    ] {
        m.values[at] = value;
    }
    write(call, 0, &m)
}

pub(crate) fn compose(call: &mut Call) -> Result<(), Error> {
    let parts = rows_of(call, 0, "parts", 10)?;
    each(call, &parts, 16, |r, row, out| {
        let turn = unit_quaternion(&r[3..7], row, "parts")?;
        let m = DMat4::from_scale_rotation_translation(vec3(&r[7..]), turn, vec3(r));
        out.extend(m.transpose().to_cols_array());
        Ok(())
    })
}

pub(crate) fn decompose(call: &mut Call) -> Result<(), Error> {
    let mut m = matrix(call, 0, "matrices")?;
    if (m.rows, m.columns) == (4, 4) {
        (m.rows, m.columns) = (1, 16);
    }
    if m.columns != 16 {
        return Err(Error::invalid(format!(
            "matrices has {} columns: 4 rows of 4, or rows of 16 fit",
            m.columns
        )));
    }
    each(call, &m, 10, |r, row, out| {
        if r[12..] != [0.0, 0.0, 0.0, 1.0] {
            return Err(Error::invalid(format!(
                "matrix {row} does not end with 0, 0, 0, 1"
            )));
        }
        let all = from_rows(r);
        if all.determinant() == 0.0 {
            return Err(Error::invalid(format!("matrix {row} is singular")));
        }
        let (scale, turn, place) = all.to_scale_rotation_translation();
        // A quaternion and its negative turn alike: the one with w of at least 0 is written.
        let turn = if turn.w < 0.0 { -turn } else { turn };
        out.extend(place.to_array());
        out.extend(turn.to_array());
        out.extend(scale.to_array());
        Ok(())
    })
}

fn four_by_four(call: &Call, index: u32) -> Result<DMat4, Error> {
    let m = rows_of(call, index, "matrix", 4)?;
    if m.rows == 4 {
        Ok(from_rows(&m.values))
    } else {
        Err(Error::invalid(format!("matrix has {} rows, not 4", m.rows)))
    }
}

pub(crate) fn transform_points(call: &mut Call) -> Result<(), Error> {
    let points = rows_of(call, 0, "points", 3)?;
    let m = four_by_four(call, 1)?;
    each(call, &points, 3, |r, row, out| {
        let p = m * vec3(r).extend(1.0);
        if p.w == 0.0 {
            return Err(Error::invalid(format!(
                "point {row} of points goes to infinity"
            )));
        }
        out.extend((p.truncate() / p.w).to_array());
        Ok(())
    })
}

pub(crate) fn transform_normals(call: &mut Call) -> Result<(), Error> {
    let normals = rows_of(call, 0, "normals", 3)?;
    let m = glam::DMat3::from_mat4(four_by_four(call, 1)?);
    if m.determinant() == 0.0 {
        return Err(Error::invalid("matrix is singular"));
    }
    let turn = m.inverse().transpose();
    each(call, &normals, 3, |r, row, out| {
        out.extend(unit(turn * vec3(r), &format!("row {row} of normals"))?.to_array());
        Ok(())
    })
}

/// Pairs of rows of the same length, any number of columns.
fn pairs(
    call: &Call,
    columns: Option<usize>,
    f: impl Fn(&[f64], &[f64], usize, &mut Vec<f64>) -> Result<(), Error>,
) -> Result<(), Error> {
    let (a, b) = (matrix(call, 0, "a")?, matrix(call, 1, "b")?);
    if a.columns != b.columns {
        return Err(Error::invalid(format!(
            "a has {} columns, b has {}",
            a.columns, b.columns
        )));
    }
    paired(&a, &b)?;
    each(call, &a, columns.unwrap_or(a.columns), |r, row, out| {
        f(r, partner(&b, row), row, out)
    })
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

/// Length without overflow on the way.
fn length(a: &[f64]) -> f64 {
    a.iter().fold(0.0, |l: f64, v| l.hypot(*v))
}

fn direction(a: &[f64], row: usize, what: &str) -> Result<Vec<f64>, Error> {
    let l = length(a);
    if l > 0.0 && l.is_finite() {
        Ok(a.iter().map(|v| v / l).collect())
    } else {
        Err(Error::invalid(format!(
            "row {row} of {what} has no direction"
        )))
    }
}

/// The angle between two unit vectors, exact for small ones too.
fn angle(a: &[f64], b: &[f64]) -> f64 {
    let apart: Vec<f64> = a.iter().zip(b).map(|(x, y)| x - y).collect();
    let along: Vec<f64> = a.iter().zip(b).map(|(x, y)| x + y).collect();
    2.0 * length(&apart).atan2(length(&along))
}

pub(crate) fn vector_add(call: &mut Call) -> Result<(), Error> {
    pairs(call, None, |a, b, _, out| {
        out.extend(a.iter().zip(b).map(|(x, y)| x + y));
        Ok(())
    })
}

pub(crate) fn vector_subtract(call: &mut Call) -> Result<(), Error> {
    pairs(call, None, |a, b, _, out| {
        out.extend(a.iter().zip(b).map(|(x, y)| x - y));
        Ok(())
    })
}

pub(crate) fn vector_dot(call: &mut Call) -> Result<(), Error> {
    pairs(call, Some(1), |a, b, _, out| {
        out.push(dot(a, b));
        Ok(())
    })
}

pub(crate) fn vector_angle(call: &mut Call) -> Result<(), Error> {
    pairs(call, Some(1), |a, b, row, out| {
        out.push(angle(&direction(a, row, "a")?, &direction(b, row, "b")?).to_degrees());
        Ok(())
    })
}

pub(crate) fn vector_lerp(call: &mut Call) -> Result<(), Error> {
    let t = call.params().number(0)?;
    pairs(call, None, |a, b, _, out| {
        out.extend(a.iter().zip(b).map(|(x, y)| x * (1.0 - t) + y * t));
        Ok(())
    })
}

pub(crate) fn vector_slerp(call: &mut Call) -> Result<(), Error> {
    let t = call.params().number(0)?;
    pairs(call, None, |a, b, row, out| {
        let (a, b) = (direction(a, row, "a")?, direction(b, row, "b")?);
        let whole = angle(&a, &b);
        if whole.sin() < 1e-12 && whole > 1.0 {
            return Err(Error::invalid(format!(
                "row {row}: a and b are opposite, no way between them is the shortest"
            )));
        }
        out.extend(arc(&a, &b, whole, t));
        Ok(())
    })
}

/// A point on the arc between two unit vectors.
fn arc(a: &[f64], b: &[f64], whole: f64, t: f64) -> Vec<f64> {
    let s = whole.sin();
    let (u, v) = if s < 1e-12 {
        (1.0 - t, t)
    } else {
        (((1.0 - t) * whole).sin() / s, (t * whole).sin() / s)
    };
    a.iter().zip(b).map(|(x, y)| x * u + y * v).collect()
}

pub(crate) fn vector_cross(call: &mut Call) -> Result<(), Error> {
    let (a, b) = (rows_of(call, 0, "a", 3)?, rows_of(call, 1, "b", 3)?);
    paired(&a, &b)?;
    each(call, &a, 3, |r, row, out| {
        out.extend(vec3(r).cross(vec3(partner(&b, row))).to_array());
        Ok(())
    })
}

pub(crate) fn vector_length(call: &mut Call) -> Result<(), Error> {
    let a = matrix(call, 0, "a")?;
    each(call, &a, 1, |r, _, out| {
        out.push(length(r));
        Ok(())
    })
}

pub(crate) fn vector_normalize(call: &mut Call) -> Result<(), Error> {
    let a = matrix(call, 0, "a")?;
    each(call, &a, a.columns, |r, row, out| {
        out.extend(direction(r, row, "a")?);
        Ok(())
    })
}

fn quaternions(call: &Call, f: impl Fn(DQuat, DQuat) -> DQuat) -> Result<(), Error> {
    let (a, b) = (rows_of(call, 0, "a", 4)?, rows_of(call, 1, "b", 4)?);
    paired(&a, &b)?;
    each(call, &a, 4, |r, row, out| {
        out.extend(f(DQuat::from_slice(r), DQuat::from_slice(partner(&b, row))).to_array());
        Ok(())
    })
}

pub(crate) fn quaternion_multiply(call: &mut Call) -> Result<(), Error> {
    quaternions(call, |a, b| a * b)
}

pub(crate) fn quaternion_slerp(call: &mut Call) -> Result<(), Error> {
    let t = call.params().number(0)?;
    let (a, b) = (rows_of(call, 0, "a", 4)?, rows_of(call, 1, "b", 4)?);
    paired(&a, &b)?;
    each(call, &a, 4, |r, row, out| {
        let (a, b) = (
            direction(r, row, "a")?,
            direction(partner(&b, row), row, "b")?,
        );
        // The shorter of the two ways.
        let b: Vec<f64> = if dot(&a, &b) < 0.0 {
            b.iter().map(|v| -v).collect()
        } else {
            b
        };
        out.extend(arc(&a, &b, angle(&a, &b), t));
        Ok(())
    })
}

pub(crate) fn quaternion_conjugate(call: &mut Call) -> Result<(), Error> {
    let a = rows_of(call, 0, "a", 4)?;
    each(call, &a, 4, |r, _, out| {
        out.extend([-r[0], -r[1], -r[2], r[3]]);
        Ok(())
    })
}

pub(crate) fn quaternion_invert(call: &mut Call) -> Result<(), Error> {
    let a = rows_of(call, 0, "a", 4)?;
    each(call, &a, 4, |r, row, out| {
        let d = direction(r, row, "a")?;
        let l = length(r);
        out.extend([-d[0] / l, -d[1] / l, -d[2] / l, d[3] / l]);
        Ok(())
    })
}

pub(crate) fn quaternion_rotate(call: &mut Call) -> Result<(), Error> {
    let (points, q) = (rows_of(call, 0, "points", 3)?, rows_of(call, 1, "b", 4)?);
    paired(&points, &q)?;
    each(call, &points, 3, |r, row, out| {
        let turn = unit_quaternion(partner(&q, row), row, "b")?;
        out.extend((turn * vec3(r)).to_array());
        Ok(())
    })
}

pub(crate) fn quaternion_from_axis_angle(call: &mut Call) -> Result<(), Error> {
    let a = rows_of(call, 0, "turns", 4)?;
    each(call, &a, 4, |r, row, out| {
        let axis = unit(vec3(r), &format!("the axis in row {row} of turns"))?;
        out.extend(DQuat::from_axis_angle(axis, r[3].to_radians()).to_array());
        Ok(())
    })
}

pub(crate) fn quaternion_to_axis_angle(call: &mut Call) -> Result<(), Error> {
    let a = rows_of(call, 0, "a", 4)?;
    each(call, &a, 4, |r, row, out| {
        let q = unit_quaternion(r, row, "a")?;
        let q = if q.w < 0.0 { -q } else { q };
        let sine = q.xyz().length();
        let axis = q.xyz().try_normalize().unwrap_or(DVec3::X);
        out.extend(axis.to_array());
        out.push((2.0 * sine.atan2(q.w)).to_degrees());
        Ok(())
    })
}

fn order(call: &Call) -> Result<EulerRot, Error> {
    let choice = call.params().choice(0)? as usize;
    EULER
        .get(choice)
        .copied()
        .ok_or_else(|| Error::invalid("order is none that is known"))
}

pub(crate) fn quaternion_from_euler(call: &mut Call) -> Result<(), Error> {
    let (a, order) = (rows_of(call, 0, "angles", 3)?, order(call)?);
    each(call, &a, 4, |r, _, out| {
        let [x, y, z] = [r[0], r[1], r[2]].map(f64::to_radians);
        out.extend(DQuat::from_euler(order, x, y, z).to_array());
        Ok(())
    })
}

pub(crate) fn quaternion_to_euler(call: &mut Call) -> Result<(), Error> {
    let (a, order) = (rows_of(call, 0, "a", 4)?, order(call)?);
    each(call, &a, 3, |r, row, out| {
        let (x, y, z) = unit_quaternion(r, row, "a")?.to_euler(order);
        out.extend([x, y, z].map(f64::to_degrees));
        Ok(())
    })
}
