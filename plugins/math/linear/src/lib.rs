//! Decompositions of real matrices. A crate of its own, since faer is generic: what is used of it
//! is compiled here once and not with every change of an op.

#![forbid(unsafe_code)]

use faer::linalg::solvers::{DenseSolveCore, Solve, SolveLstsq};
use faer::{Mat, MatRef, Side};

/// Why a decomposition is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Trouble {
    /// An iteration did not come to an end.
    NoConvergence,
    /// The pivot at this row, from 0, is not above zero.
    NotPositive(usize),
}

/// A real matrix, row after row.
#[derive(Clone, Debug, PartialEq)]
pub struct Matrix {
    /// How many rows.
    pub rows: usize,
    /// How many columns.
    pub columns: usize,
    /// The values, row after row.
    pub values: Vec<f64>,
}

impl Matrix {
    /// A matrix of a rule for each place.
    pub fn from_fn(rows: usize, columns: usize, at: impl Fn(usize, usize) -> f64) -> Self {
        let mut values = Vec::with_capacity(rows.saturating_mul(columns));
        for i in 0..rows {
            values.extend((0..columns).map(|j| at(i, j)));
        }
        Self {
            rows,
            columns,
            values,
        }
    }

    /// The value at a row and a column, which must be there.
    pub fn at(&self, row: usize, column: usize) -> f64 {
        self.values[row * self.columns + column]
    }

    /// The matrix with rows and columns changed over.
    pub fn transpose(&self) -> Self {
        Self::from_fn(self.columns, self.rows, |i, j| self.at(j, i))
    }

    fn view(&self) -> MatRef<'_, f64> {
        MatRef::from_row_major_slice(&self.values, self.rows, self.columns)
    }

    fn column_major(&self) -> Mat<f64> {
        self.view().to_owned()
    }
}

fn plain(m: MatRef<'_, f64>) -> Matrix {
    Matrix::from_fn(m.nrows(), m.ncols(), |i, j| m[(i, j)])
}

/// The product of two matrices that fit.
pub fn multiply(a: &Matrix, b: &Matrix) -> Matrix {
    plain((a.column_major() * b.column_major()).as_ref())
}

/// Rows in their new order, the lower and the upper factor: `a[order] = lower * upper`.
pub fn lu(a: &Matrix) -> (Vec<usize>, Matrix, Matrix) {
    let f = a.column_major().partial_piv_lu();
    (f.P().arrays().0.to_vec(), plain(f.L()), plain(f.U()))
}

/// The inverse, infinite or NaN where the matrix is singular.
pub fn invert(a: &Matrix) -> Matrix {
    plain(a.column_major().partial_piv_lu().inverse().as_ref())
}

/// x of a x = b for a square a, infinite or NaN where a is singular.
pub fn solve(a: &Matrix, b: &Matrix) -> Matrix {
    plain(
        a.column_major()
            .partial_piv_lu()
            .solve(b.column_major())
            .as_ref(),
    )
}

/// The thin factors: q with orthonormal columns, r upper triangular.
pub fn qr(a: &Matrix) -> (Matrix, Matrix) {
    let f = a.column_major().qr();
    (plain(f.compute_thin_Q().as_ref()), plain(f.thin_R()))
}

/// x with the least |a x - b|, for a of full column rank and no fewer rows than columns.
pub fn least_squares(a: &Matrix, b: &Matrix) -> Matrix {
    plain(a.column_major().qr().solve_lstsq(b.column_major()).as_ref())
}

/// The lower factor of a symmetric positive definite matrix, of which the lower half is read.
pub fn cholesky(a: &Matrix) -> Result<Matrix, Trouble> {
    match a.column_major().llt(Side::Lower) {
        Ok(f) => Ok(plain(f.L())),
        Err(faer::linalg::cholesky::llt::factor::LltError::NonPositivePivot { index }) => {
            Err(Trouble::NotPositive(index))
        }
    }
}

/// Left vectors, singular values from large to small, right vectors; as thin as they can be.
pub fn svd(a: &Matrix) -> Result<(Matrix, Vec<f64>, Matrix), Trouble> {
    let f = a
        .column_major()
        .thin_svd()
        .map_err(|_| Trouble::NoConvergence)?;
    let s = f.S().column_vector();
    let values = (0..s.nrows()).map(|i| s[i]).collect();
    Ok((plain(f.U()), values, plain(f.V())))
}

/// The singular values from large to small.
pub fn singular_values(a: &Matrix) -> Result<Vec<f64>, Trouble> {
    a.column_major()
        .singular_values()
        .map_err(|_| Trouble::NoConvergence)
}

/// Eigenvalues from small to large and their vectors as columns, of a symmetric matrix.
pub fn eigen_symmetric(a: &Matrix) -> Result<(Vec<f64>, Matrix), Trouble> {
    let f = a
        .column_major()
        .self_adjoint_eigen(Side::Lower)
        .map_err(|_| Trouble::NoConvergence)?;
    let s = f.S().column_vector();
    Ok(((0..s.nrows()).map(|i| s[i]).collect(), plain(f.U())))
}

/// Complex eigenvalues and vectors of a square matrix: real and imaginary parts side by side, a
/// value in each row, and a vector in each pair of columns.
pub fn eigen(a: &Matrix) -> Result<(Matrix, Matrix), Trouble> {
    let f = a
        .column_major()
        .eigen()
        .map_err(|_| Trouble::NoConvergence)?;
    let (s, u) = (f.S().column_vector(), f.U());
    let part = |z: faer::c64, j: usize| if j.is_multiple_of(2) { z.re } else { z.im };
    let values = Matrix::from_fn(a.rows, 2, |i, j| part(s[i], j));
    Ok((
        values,
        Matrix::from_fn(a.rows, 2 * a.rows, |i, j| part(u[(i, j / 2)], j)),
    ))
}
